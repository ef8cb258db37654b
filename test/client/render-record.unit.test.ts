import { describe, expect, test } from '@jest/globals';
import { renderLive, renderRecord } from '../../client/cli/render/record.js';
import type { RunRecord } from '../../core/record.js';
import { widthOf } from '../../client/cli/render/text.js';
import { ru } from '../../client/cli/words/ru.js';
import { actingRecord, badCanaryRecord, plainLook, waitingRecord } from './records.js';

const text = (lines: readonly string[]) => lines.join('\n');

describe('a run that waits', () => {
  test('shows the change as a diff and the hash that a vote names', () => {
    const shown = text(renderRecord(waitingRecord(), plainLook()));

    expect(shown).toContain('plan 3f9c2ab41d0e  deployment shop/web · 2 changes');
    expect(shown).toMatch(/image of web {2,}shop\/web:1\.4\.0 {2,}→ shop\/web:1\.5\.0/);
    expect(shown).toContain('! only 2 of 3 pods are ready now');
    expect(shown).toContain('way back: image and references go back');
  });

  test('counts approvals that count, says why others do not, and how to vote', () => {
    const shown = text(renderRecord(waitingRecord(), plainLook()));

    expect(shown).toContain('1 of 2 approvals');
    expect(shown).toMatch(/✓ {2}bob +approved {2}claimed {2}08:32:00 {2}looks good/);
    expect(shown).toMatch(/– {2}mallory .*does not count: mallory is not one of the approvers/);
    expect(shown).toContain('runbook approve deploy/prod/web --plan 3f9c2ab41d0e');
    expect(shown).toContain('in 23 h 56 m, then rejected');
  });

  test('shows changes one above the other where they do not fit side by side', () => {
    const shown = renderRecord(waitingRecord(), plainLook({ width: 44 }));

    expect(shown).toContain('    - shop/web:1.4.0');
    expect(shown).toContain('    + shop/web:1.5.0');
  });

  test('says who broke the glass, and why, while one watches and later', () => {
    const breakGlass = { by: 'alice', reason: 'payments are down', at: '2026-11-21T08:30:00.000Z' };
    const record = waitingRecord({ breakGlass });

    expect(text(renderLive(record, plainLook()))).toContain('glass broken by alice: payments are down');
    expect(text(renderRecord(record, plainLook()))).toMatch(/glass broken by +alice: payments are down/);
    expect(text(renderRecord(record, plainLook({ words: ru })))).toMatch(/в обход запрета +alice: payments are down/);
  });

  test('speaks Russian, but leaves commands alone', () => {
    const shown = text(renderLive(waitingRecord(), plainLook({ words: ru })));

    expect(shown).toContain('deploy/prod/web  ждёт согласования · 5 мин 0 с');
    expect(shown).toContain('1 из 2 голосов');
    expect(shown).toContain('не засчитан: mallory');
    expect(shown).toContain('runbook approve deploy/prod/web --plan 3f9c2ab41d0e');
  });
});

describe('a run that acts', () => {
  test('aligns the times of its steps and names a repeated attempt', () => {
    const lines = renderLive(actingRecord(), plainLook());

    const [first = '', second = ''] = lines.slice(lines.indexOf('steps') + 1);
    expect(first).toMatch(/✓ {2}plan {2,}0\.8 s {2}2 change\(s\)/);
    expect(second).toMatch(/watch the rollout \(attempt 2\) {3}12 s$/);
    expect(first.indexOf(' s  ')).toBe(second.length - 2);
  });

  test('a step that asks shows its whole error and every answer', () => {
    const error = 'shop/web: 2 of 3 pods ready after 10m (ImagePullBackOff: shop:v9 not found)';
    const steps = [{ name: 'rollout', state: 'asking' as const, startedAt: '2026-11-21T08:34:00Z', attempt: 1, error }];
    const record = actingRecord({ phase: 'asking', choices: ['retry', 'skip', 'rollback'], steps });

    const shown = renderLive(record, plainLook({ width: 40 }));

    expect(text(shown).replaceAll(/\s+/g, ' ')).toContain(error);
    expect(text(shown)).toContain('runbook skip deploy/prod/web');
  });

  test('a step that cannot be skipped does not offer it', () => {
    const record = actingRecord({ phase: 'asking', choices: ['retry', 'rollback'] });

    const shown = text(renderLive(record, plainLook()));
    expect(shown).toContain('runbook retry');
    expect(shown).not.toContain('runbook skip');
  });
});

describe('a canary that was taken back', () => {
  test('draws its share of the traffic and its failures beside those of the stable version', () => {
    const shown = text(renderRecord(badCanaryRecord(), plainLook()));

    expect(shown).toMatch(/traffic +█{6}░{18} +25\.0 %/);
    expect(shown).toMatch(/failed \(5xx\) +canary +▁▁▁▁▂█ +10\.0 % {2}of 600 requests/);
    expect(shown).toMatch(/stable +▁▁▁▁▁▁ +0\.0 % {2}of 6000 requests/);
    expect(shown).not.toContain('no success');
  });

  test('says how long noticing and restoring took, and what was not taken back', () => {
    const shown = text(renderRecord(badCanaryRecord(), plainLook()));

    expect(shown).toContain('noticed   2.4 s after the first failure, 60 failed requests');
    expect(shown).toContain('restored  3.1 s after the first failure');
    expect(shown).toContain('✗  remove the canary');
    expect(shown).toContain('not undone: deployments.apps is forbidden');
    expect(shown).toContain('outcome failed and NOT undone (NotUndone)');
  });

  test('leaves no line wider than a narrow terminal, but those that must stay whole', () => {
    const lines = renderRecord(badCanaryRecord(), plainLook({ width: 70 }));

    expect(lines.filter((line) => widthOf(line) > 70)).toEqual([]);
  });
});

describe('a run that a newer release has overtaken', () => {
  const overtakenBy = { by: 'bob', image: 'shop/web:1.6.0', comment: 'hotfix' };
  const outcome = { name: 'undone', code: 'Overtaken', message: 'overtaken; everything was taken back' } as const;

  test('says by what, while it is taken back and afterwards, and is no failure', () => {
    const undoing = text(renderLive(actingRecord({ phase: 'undoing', overtakenBy }), plainLook()));
    const ended = text(renderRecord(actingRecord({ phase: 'finished', overtakenBy, outcome }), plainLook()));

    expect(undoing).toContain('overtaken by shop/web:1.6.0 · bob: hotfix');
    expect(ended).toMatch(/overtaken by {2}shop\/web:1\.6\.0 · bob: hotfix/);
    expect(ended).toContain('outcome overtaken (Overtaken)');
  });

  test('has failed all the same where something could not be taken back, for then nothing goes on', () => {
    const notUndone = { ...outcome, name: 'notUndone' } as const;

    const shown = text(renderRecord(actingRecord({ phase: 'finished', overtakenBy, outcome: notUndone }), plainLook()));

    expect(shown).toContain('outcome failed and NOT undone');
  });
});

describe('a comparison', () => {
  test('that goes on says below its step what it waits for, whole', () => {
    const waitsFor = 'in doubt: answers with 5xx: canary 10 % (1 of 10); needs about 38 more answers, 5 m at this rate';
    const [plan, step] = actingRecord().steps;
    const record = actingRecord({ steps: [plan, { ...step, result: waitsFor }] as RunRecord['steps'] });

    const shown = renderLive(record, plainLook({ width: 50 }));

    expect(text(shown).replaceAll(/\s+/g, ' ')).toContain(waitsFor);
  });

  test('of a blue-green release has no weights; without points only what was found', () => {
    const bad = { ...badCanaryRecord(), kind: 'blueGreen' } as const;
    const measurements = { points: [], verdict: 'bad' as const, reason: 'answers with 5xx' };

    expect(text(renderRecord(bad, plainLook()))).toMatch(/comparison · worse than stable\n +failed \(5xx\)/);
    expect(text(renderRecord(bad, plainLook()))).not.toMatch(/traffic +[█░]/);
    expect(text(renderRecord({ ...bad, measurements }, plainLook()))).toMatch(
      /comparison · worse than stable\n +answers with 5xx/,
    );
  });
});
