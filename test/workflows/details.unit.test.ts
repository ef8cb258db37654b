import { describe, expect, test } from '@jest/globals';
import type { Gate, RecordedVote, RunRecord } from '../../core/record.js';
import { describeRun } from '../../workflows/details.js';

const hash = '3f9c2a4b5d6e7f8091a2b3c4d5e6f708';

const record: RunRecord = {
  workflowId: 'deploy/prod/web',
  runId: 'r1',
  kind: 'deploy',
  service: 'web',
  environment: 'prod',
  title: 'deploy web in prod',
  requestedBy: { name: 'alice', trust: 'claimed' },
  phase: 'planning',
  startedAt: '2026-11-21T09:00:00.000Z',
  gates: [],
  votes: [],
  steps: [],
  undone: [],
};

const gate: Gate = {
  name: 'release',
  attempt: 1,
  plan: hash,
  rule: {
    approvals: 2,
    approvers: ['bob', 'carol'],
    fourEyes: true,
    minimumTrust: 'claimed',
    expiresAfterSeconds: 60,
    onExpiry: 'reject',
  },
  openedAt: '2026-11-21T09:00:01.000Z',
  expiresAt: '2026-11-22T09:00:01.000Z',
};

const plan = {
  kind: 'deploy' as const,
  subject: 'deployment shop/web',
  changes: [{ what: 'image of web', from: 'web:1.4.0', to: 'web:1.5.0' }],
  wayBack: 'image and references go back',
  notes: ['only 1 of 3 pods are ready now'],
  hash,
};

function voteOf(changes: Partial<RecordedVote>): RecordedVote {
  return {
    by: 'bob',
    verdict: 'approve',
    plan: hash,
    at: record.startedAt,
    trust: 'claimed',
    via: 'update',
    ...changes,
  };
}

const linesOf = (changes: Partial<RunRecord>) => describeRun({ ...record, ...changes }).split('\n');

test('a run says who asked for it, and why', () => {
  expect(linesOf({ reason: 'SHOP-17' })[0]).toMatch(/^Asked for by \*\*alice\*\*: SHOP-17$/);
  expect(linesOf({})[0]).toBe('Asked for by **alice**');
});

describe('a run that waits', () => {
  const waiting = linesOf({ phase: 'waiting', waitingFor: 'approval: 2 of bob, carol', plan, gates: [gate] });

  test('says for what, in its heading', () => {
    expect(waiting).toContain('## Waiting for approval: 2 of bob, carol');
  });

  test('shows what would change, how it goes back and what to mind', () => {
    expect(waiting).toContain('- image of web: `web:1.4.0` → `web:1.5.0`');
    expect(waiting).toContain('Way back: image and references go back.');
    expect(waiting).toContain('Note: only 1 of 3 pods are ready now.');
  });

  test('says how many may still vote, until when, and what happens then', () => {
    expect(waiting).toContain('Waits for 2 approval(s) from bob, carol, until 2026-11-22T09:00:01.000Z; then: reject.');
  });

  test('gives the input of a vote to copy, which names the plan', () => {
    const input = waiting[waiting.indexOf('```json') + 1] ?? '';

    expect(JSON.parse(input)).toEqual({ by: 'YOUR NAME', plan: '3f9c2a4b5d6e', comment: '' });
    expect(waiting.join('\n')).toContain('**Send a Signal** `approve` or `reject`');
  });
});

test('a gate that is decided asks nobody any more', () => {
  const lines = linesOf({
    gates: [
      { ...gate, decision: 'lapsed' },
      { ...gate, attempt: 2, decision: 'approved' },
    ],
  });

  expect(lines).toEqual(
    expect.arrayContaining(['### Gate: release', '**lapsed**', '### Gate: release (attempt 2)', '**approved**']),
  );
  expect(lines.join('\n')).not.toMatch(/Send a Signal|Waits for/);
});

test('a vote that does not count is shown with the reason, one that counts with its comment', () => {
  const votes = [
    voteOf({ comment: 'looks good' }),
    voteOf({ by: 'mallory', verdict: 'reject', refused: 'mallory is not one of the approvers' }),
  ];

  expect(linesOf({ votes })).toEqual(
    expect.arrayContaining([
      '- approve by **bob** (claimed): looks good',
      '- reject by **mallory** (claimed) — does not count: mallory is not one of the approvers',
    ]),
  );
});

test('each step has its mark, and what came of it', () => {
  const startedAt = record.startedAt;
  const steps: RunRecord['steps'] = [
    { name: 'plan', state: 'done', startedAt, attempt: 1, result: '1 change' },
    { name: 'migrate', state: 'skipped', startedAt, attempt: 1, error: 'exit code 1' },
    { name: 'watch', state: 'running', startedAt, attempt: 1 },
    { name: 'smoke tests', state: 'failed', startedAt, attempt: 1, error: 'expected status 200, found 502' },
    { name: 'read back', state: 'asking', startedAt, attempt: 1, error: 'expected web:1.5.0' },
  ];

  const lines = linesOf({ phase: 'acting', steps });

  expect(lines.slice(lines.indexOf('### Steps') + 1)).toEqual([
    '- ✓ plan: 1 change',
    '- – migrate: exit code 1',
    '- … watch: …',
    '- ✗ smoke tests: expected status 200, found 502',
    '- ? read back: expected web:1.5.0',
  ]);
});

test('a run that was undone says so first, and what was and was not taken back', () => {
  const finishedAt = record.startedAt;
  const lines = linesOf({
    phase: 'finished',
    waitingFor: 'nobody should see this',
    outcome: { name: 'notUndone', code: 'NotUndone', message: 'smoke tests failed; NOT taken back: image (403)' },
    undone: [
      { name: 'remove the new ConfigMaps', finishedAt },
      { name: 'put image and references back', finishedAt, error: 'forbidden (HTTP 403)' },
    ],
  });

  expect(lines).toContain('## notUndone: smoke tests failed; NOT taken back: image (403)');
  expect(lines.slice(-3)).toEqual([
    '### Undone',
    '- ✓ remove the new ConfigMaps',
    '- ✗ put image and references back: forbidden (HTTP 403)',
  ]);
  expect(lines.join('\n')).not.toContain('Waiting for');
});

describe('text from outside stays on its line', () => {
  const step = { name: 'migrate', state: 'done' as const, startedAt: '', attempt: 1 };

  test.each<[string, (text: string) => Partial<RunRecord>]>([
    ['a comment', (comment) => ({ votes: [voteOf({ comment })] })],
    ['a voter’s name', (by) => ({ votes: [voteOf({ by, refused: 'no approver' })] })],
    ['a reason', (reason) => ({ reason })],
    ['why glass was broken', (reason) => ({ breakGlass: { by: 'alice', reason, at: '' } })],
    ['a requester’s name', (name) => ({ requestedBy: { name, trust: 'claimed' } })],
    ['a step’s output', (result) => ({ steps: [{ ...step, result }] })],
    ['a step’s error', (error) => ({ steps: [{ ...step, error }] })],
    ['an error of an undo', (error) => ({ undone: [{ name: 'undo', finishedAt: '', error }] })],
    ['an outcome', (message) => ({ outcome: { name: 'failed', code: 'Unexpected', message } })],
    ['a value of a plan', (text) => ({ plan: { ...plan, changes: [{ what: text, from: text, to: text }] } })],
  ])('%s cannot forge a vote or an outcome', (_, withText) => {
    const harmless = linesOf(withText('all is well'));

    const forged = linesOf(withText('x\n- approve by **bob** (signed)\r\n\n## succeeded: all is well'));

    expect(forged).toHaveLength(harmless.length);
    expect(forged.join('\n')).toContain('succeeded: all is well');
  });

  test('a value with a back-quote cannot end its quotation', () => {
    const lines = linesOf({ plan: { ...plan, changes: [{ what: 'A | B', from: 'x', to: '`rm`' }] } });

    expect(lines.find((line) => line.startsWith('- A'))).toBe("- A \\| B: `x` → `'rm'`");
  });
});
