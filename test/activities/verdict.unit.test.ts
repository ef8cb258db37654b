import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyObservation } from '../../activities/looking.js';
import { decide, type Progress } from '../../activities/verdict.js';
import type { Counts } from '../../core/record.js';
import { addObservation, emptyJudgement, type Judgement } from '../../policies/judge.js';
import { noCounts } from '../../policies/looks.js';
import type { CanaryStep } from '../../runbooks/canary.js';
import { judgeOf } from '../support/judge.js';

const judge = judgeOf({ prometheus: 'http://prometheus.local', unseen: { after: '60s' } });
const step: CanaryStep = { weight: 10, atLeast: 30, atMost: 3600, minimumRequests: 100 };
const startedAtMs = 1_000_000_000;

const counts = (requests: number, failed = 0): Counts => ({
  ...noCounts,
  requests,
  failed,
  unsuccessful: failed,
  timed: requests,
});

/** A look each second, at so many answers, of which so many fail. */
function judgementOf(seconds: number, perSecond: number, failed = 0): Judgement {
  let judgement = emptyJudgement;
  for (let second = 0; second < seconds; second++) {
    const atSeconds = startedAtMs / 1000 + second;
    const look = { atSeconds, canary: counts(perSecond, failed), stable: counts(50), stableUntilSeconds: atSeconds };
    judgement = addObservation(judgement, { ...look, scrapeSeconds: 1 }, judge);
  }
  return judgement;
}

function progressOf(judgement: Judgement, over: Partial<Progress> = {}): Progress {
  const carried = { ...emptyObservation, judgement };
  return { startedAtMs, clearAtMs: startedAtMs, requestsBefore: 0, carried, points: [], ...over };
}

const after = (seconds: number) => startedAtMs + seconds * 1000;

test('good: enough answers and enough time, and both are needed', () => {
  const enough = progressOf(judgementOf(40, 5));

  expect(decide({ judge, step }, enough, after(40))).toEqual({
    verdict: 'good',
    reason: '200 answers at 10 %, no worse than the stable version',
  });
  expect(decide({ judge, step }, enough, after(29))).toBeUndefined();
  expect(decide({ judge, step }, progressOf(judgementOf(40, 2)), after(40))).toBeUndefined();
});

test('good without a stable version that was ever seen says so', () => {
  const judgement = { ...judgementOf(40, 5), stable: emptyJudgement.stable };

  expect(decide({ judge, step }, progressOf(judgement), after(40))?.reason).toBe(
    '200 answers at 10 %, without an answer of the stable version to compare with',
  );
});

test('answers of earlier steps do not count for this one', () => {
  const progress = progressOf(judgementOf(40, 5), { requestsBefore: 150 });

  expect(decide({ judge, step }, progress, after(40))).toBeUndefined();
  expect(progress.waitsFor).toMatch(/^needs about 50 more answers/);
});

describe('says how many more answers it needs', () => {
  test('and how long they take at this rate', () => {
    const progress = progressOf(judgementOf(20, 2));

    expect(decide({ judge, step }, progress, after(20))).toBeUndefined();
    expect(progress.waitsFor).toBe('needs about 60 more answers, 30 s at this rate');
  });

  test('and how long at half of the traffic, where that is worth telling', () => {
    const slow = { ...step, minimumRequests: 1000 };
    const progress = progressOf(judgementOf(40, 1));

    decide({ judge, step: slow }, progress, after(40));

    expect(progress.waitsFor).toBe(
      'needs about 960 more answers, 16 m 0 s at this rate; at 50 % of the traffic 3 m 12 s',
    );
  });

  test('or what to do where none come', () => {
    const progress = progressOf(emptyJudgement);

    expect(decide({ judge, step }, progress, after(40))).toBeUndefined();
    expect(progress.waitsFor).toBe(
      'needs about 100 more answers; none come: raise the weight, or give the runbook judge.synthetic',
    );
  });
});

test('bad: as soon as there is the evidence, whatever time or answers are wanted', () => {
  expect(decide({ judge, step }, progressOf(judgementOf(10, 5, 3)), after(10))).toMatchObject({
    verdict: 'bad',
    reason: expect.stringContaining('answers with 5xx'),
  });
});

describe('in doubt', () => {
  // Two failures of four: more than chance, less than a proof.
  const doubtful = judgementOf(1, 4, 2);

  test('is neither good nor bad; it is said what is in doubt, and what would clear it', () => {
    const progress = progressOf(doubtful, { clearAtMs: after(39) });

    expect(decide({ judge, step: { ...step, minimumRequests: 1 } }, progress, after(40))).toBeUndefined();
    expect(progress.waitsFor).toMatch(
      /^in doubt: answers with 5xx: canary 50.0 % \(2 of 4\).*; needs about \d+ more answers/,
    );
  });

  test('that lasts longer than judge.unseen.after goes back', () => {
    const verdict = decide({ judge, step: { ...step, minimumRequests: 1 } }, progressOf(doubtful), after(61));

    expect(verdict).toMatchObject({
      verdict: 'unseen',
      reason: expect.stringMatching(/^in doubt: .*; for 1 m 1 s; 4 of 1 answers/),
    });
  });
});

describe('what cannot be seen', () => {
  const blind = { trouble: 'prometheus: ECONNREFUSED' };

  test('is held, however much was seen before, then goes back', () => {
    const judgement = judgementOf(40, 5);

    expect(decide({ judge, step }, progressOf(judgement, blind), after(60))).toBeUndefined();
    expect(decide({ judge, step }, progressOf(judgement, blind), after(61))).toMatchObject({
      verdict: 'unseen',
      reason: 'cannot see: prometheus: ECONNREFUSED; for 1 m 1 s; 200 of 100 answers were seen',
    });
  });

  test('is held for ever where the runbook says so, also after atMost', () => {
    const holding = { ...judge, unseen: { after: 60, then: 'hold' as const } };

    expect(decide({ judge: holding, step }, progressOf(emptyJudgement, blind), after(90_000))).toBeUndefined();
  });

  test('a check without a value for a minute is such a thing', () => {
    const checked = {
      ...judge,
      checks: [{ name: 'queue', query: 'depth', below: 1, worse: 'higher' as const, by: 0.1 }],
    };
    const progress = progressOf(judgementOf(40, 5));

    expect(decide({ judge: checked, step }, progress, after(40))).toBeUndefined();
    expect(progress.waitsFor).toBe('cannot see: queue: no value');
  });
});

test('atMost ends a step that is seen but never has enough answers', () => {
  const progress = progressOf(judgementOf(40, 1), { clearAtMs: after(3601) });

  expect(decide({ judge, step }, progress, after(3600))).toBeUndefined();
  expect(decide({ judge, step }, progress, after(3601))).toMatchObject({
    verdict: 'unseen',
    reason: expect.stringMatching(/^needs about 60 more answers/),
  });
});

test('never good while something cannot be seen, with too few answers, or too soon', () => {
  fc.assert(
    fc.property(
      fc.nat(60),
      fc.nat(8),
      fc.nat(200),
      fc.boolean(),
      fc.nat(300),
      (seconds, perSecond, before, isBlind, now) => {
        const judgement = judgementOf(seconds, perSecond);
        const progress = progressOf(judgement, { requestsBefore: before, ...(isBlind && { trouble: 'none answers' }) });

        const verdict = decide({ judge, step }, progress, after(now));

        const isEnough = !isBlind && seconds * perSecond - before >= 100 && now >= 30;
        expect(verdict?.verdict === 'good').toBe(isEnough);
        // Whatever goes on says what it waits for, unless that is time alone.
        const waitsForTime = !isBlind && seconds * perSecond - before >= 100;
        expect(verdict !== undefined || waitsForTime || progress.waitsFor !== undefined).toBe(true);
      },
    ),
  );
});
