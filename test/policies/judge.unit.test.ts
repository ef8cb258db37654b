import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addObservation,
  answersToClear,
  emptyJudgement,
  findHarm,
  findSuspicion,
  type Judgement,
  type Observed,
} from '../../policies/judge.js';
import { noCounts } from '../../policies/looks.js';

const limits = { falseAbortsPerThousand: 10, smallestHarmWorthCatching: 0.02 };

function answers(requests: number, failed: number, slow = 0) {
  return { requests, failed, unsuccessful: failed, timed: requests, slow };
}

/** A look at both sides at the same time, read straight from the pods. */
function together(atSeconds: number, seen: Partial<Pick<Observed, 'canary' | 'stable'>>): Observed {
  return { atSeconds, canary: noCounts, stable: noCounts, stableUntilSeconds: atSeconds, scrapeSeconds: 1, ...seen };
}

const judgeOne = (seen: Pick<Observed, 'canary' | 'stable'>) =>
  addObservation(emptyJudgement, together(1, seen), limits);

test('says which share was seen on both sides', () => {
  const look = {
    canary: { requests: 40, failed: 20, unsuccessful: 20, timed: 40, slow: 0 },
    stable: { requests: 400, failed: 0, unsuccessful: 0, timed: 400, slow: 20 },
  };

  expect(findHarm(judgeOne(look), limits)).toBe('answers with 5xx: canary 50.0 % (20 of 40), stable 0.0 % (0 of 400)');
});

test('a version that was never seen excuses nothing: a canary that fails is found without it, and one that does not is left', () => {
  const judgeAlone = (failed: number, seconds = 20) => {
    let judgement = emptyJudgement;
    for (let second = 1; second <= seconds; second += 1)
      judgement = addObservation(judgement, together(second, { canary: answers(20, failed) }), limits);
    return judgement;
  };

  expect(findHarm(judgeAlone(6), limits)).toBe('answers with 5xx: canary 30.0 % (120 of 400), stable – (0 of 0)');
  // Nobody knows what is usual, so more answers are asked for than beside a stable version.
  expect(findHarm(judgeAlone(1, 60), limits)).toContain('canary 5.0 % (60 of 1200)');
  expect(findHarm(judgeAlone(0, 60), limits)).toBeUndefined();
});

test('no answers of the canary are no evidence', () => {
  const look = {
    canary: noCounts,
    stable: { requests: 400, failed: 0, unsuccessful: 0, timed: 400, slow: 0 },
  };

  const judgement = judgeOne(look);

  expect(judgement.evidence).toEqual(emptyJudgement.evidence);
  expect(judgement.lastCanaryAtSeconds).toBeUndefined();
});

test('is in doubt about a canary with more errors than the stable version, though there is too little for a verdict', () => {
  const look = {
    canary: { requests: 20, failed: 2, unsuccessful: 2, timed: 20, slow: 1 },
    stable: { requests: 80, failed: 0, unsuccessful: 0, timed: 80, slow: 4 },
  };

  const judgement = judgeOne(look);

  expect(findHarm(judgement, limits)).toBeUndefined();
  expect(findSuspicion(judgement, limits)).toContain('canary 10.0 % (2 of 20)');
});

test('does not go on with a canary that looks worse, however little is known of a stable version with little traffic', () => {
  const look = {
    canary: { requests: 40, failed: 3, unsuccessful: 3, timed: 40, slow: 1 },
    stable: { requests: 40, failed: 0, unsuccessful: 0, timed: 40, slow: 1 },
  };

  expect(findSuspicion(judgeOne(look), limits)).toContain('canary 7.5 % (3 of 40)');
});

test('goes on after a single error, which may be chance', () => {
  const look = {
    canary: { requests: 50, failed: 1, unsuccessful: 1, timed: 50, slow: 2 },
    stable: { requests: 1000, failed: 5, unsuccessful: 5, timed: 1000, slow: 40 },
  };

  expect(findSuspicion(judgeOne(look), limits)).toBeUndefined();
});

test('what the stable version answered before the canary is not taken for what it answers at the same time', () => {
  const before = addObservation(emptyJudgement, together(0, { stable: answers(6000, 6) }), limits);
  // A fault of both sides in the first seconds of a service with little traffic: chance gave the canary most of it.
  const after = [1, 2, 3].reduce(
    (judgement, second) =>
      addObservation(judgement, together(second, { canary: answers(2, 1), stable: answers(2, 1) }), limits),
    before,
  );

  expect(before.recent.every(({ stable }) => stable.requests === 0)).toBe(true);
  expect(after.stable.requests).toBe(6006);
  expect(findHarm(after, limits)).toBeUndefined();
});

/** Scrapes of a Prometheus: one side at a time, at times that only grow. */
const scrapes = fc
  .array(
    fc.record({
      gap: fc.double({ min: 0.5, max: 20, noNaN: true }),
      ofCanary: fc.boolean(),
      requests: fc.integer({ min: 1, max: 300 }),
      failedShare: fc.constantFrom(0, 0, 0.1, 0.5),
    }),
    { maxLength: 40 },
  )
  .map((each): Observed[] => {
    let atSeconds = 0;
    let stableUntilSeconds = 0;
    return each.map(({ gap, ofCanary, requests, failedShare }) => {
      atSeconds += gap;
      if (!ofCanary) stableUntilSeconds = atSeconds;
      const [canary, stable] = ofCanary
        ? [answers(requests, Math.floor(requests * failedShare)), noCounts]
        : [noCounts, answers(requests, 0)];
      return { atSeconds, canary, stable, stableUntilSeconds, scrapeSeconds: 15 };
    });
  });

const judgeAll = (all: readonly Observed[]) =>
  all.reduce((judgement, observed) => addObservation(judgement, observed, limits), emptyJudgement);

test('each answer of the canary is weighed once, or still waits for the stable version', () => {
  fc.assert(
    fc.property(scrapes, (all) => {
      const { canary, evidence, waiting } = judgeAll(all);

      expect(evidence.failed.trials + (waiting?.canary.requests ?? 0)).toBe(canary.requests);
      expect(canary.requests).toBe(all.reduce((sum, each) => sum + each.canary.requests, 0));
    }),
  );
});

test('a look without answers of the canary changes no evidence', () => {
  fc.assert(
    fc.property(scrapes, fc.nat(200), fc.nat(200), (all, requests, failed) => {
      const before = judgeAll(all);
      fc.pre(before.waiting === undefined);
      const atSeconds = (all.at(-1)?.atSeconds ?? 0) + 5;
      const stable = answers(requests, Math.min(requests, failed));

      const after = addObservation(before, together(atSeconds, { stable }), limits);

      expect(after.evidence).toEqual(before.evidence);
      expect(after.lastCanaryAtSeconds).toBe(before.lastCanaryAtSeconds);
    }),
  );
});

test('goes through JSON unchanged at any moment, for it is carried from step to step', () => {
  fc.assert(
    fc.property(scrapes, (all) => {
      const judgement = judgeAll(all);
      const carried = JSON.parse(JSON.stringify(judgement)) as Judgement;
      const next = together(10_000, { canary: answers(100, 50), stable: answers(100, 0) });

      // JSON has no -0; numbers are what they were.
      expect(carried.canary).toEqual(judgement.canary);
      expect(findHarm(addObservation(carried, next, limits), limits)).toBe(
        findHarm(addObservation(judgement, next, limits), limits),
      );
    }),
  );
});

/** What a Prometheus with a 15 s scrape shows: 50 % of the canary failed in the scrape at 20 s. */
const failedFirst: Observed[] = [
  { atSeconds: 12, canary: noCounts, stable: answers(9000, 9), stableUntilSeconds: 12, scrapeSeconds: 15 },
  { atSeconds: 20, canary: answers(300, 150), stable: noCounts, stableUntilSeconds: 12, scrapeSeconds: 15 },
];

test('what the canary failed waits until the stable version has been seen as late', () => {
  const before = judgeAll(failedFirst);
  const stableIsWell = { atSeconds: 27, canary: noCounts, stable: answers(300, 0) };
  const after = addObservation(before, { ...stableIsWell, stableUntilSeconds: 27, scrapeSeconds: 15 }, limits);

  expect(findHarm(before, limits)).toBeUndefined();
  expect(before.waiting?.canary.failed).toBe(150);
  expect(findHarm(after, limits)).toContain('canary 50.0 % (150 of 300)');
  expect(after.waiting).toBeUndefined();
});

test('a fault that the stable version shows a scrape later is no fault of the canary', () => {
  const stableFailsToo = { atSeconds: 27, canary: noCounts, stable: answers(300, 150) };
  const after = addObservation(
    judgeAll(failedFirst),
    { ...stableFailsToo, stableUntilSeconds: 27, scrapeSeconds: 15 },
    limits,
  );

  expect(findHarm(after, limits)).toBeUndefined();
  expect(after.evidence.failed).toEqual(emptyJudgement.evidence.failed);
});

test('a stable version that is not seen any more does not hide a bad canary', () => {
  const later = [40, 55, 70, 85].map((atSeconds) => ({
    atSeconds,
    canary: answers(300, 150),
    stable: noCounts,
    stableUntilSeconds: 12,
    scrapeSeconds: 15,
  }));

  expect(findHarm(judgeAll([...failedFirst, ...later]), limits)).toContain('answers with 5xx');
});

test('the doubt says how many good answers would clear it', () => {
  const doubtful = judgeOne({ canary: answers(20, 2), stable: answers(80, 0) });
  const needed = answersToClear(doubtful, limits);
  const cleared = addObservation(
    doubtful,
    together(2, { canary: answers(needed + 1, 0), stable: answers(3 * needed, 0) }),
    limits,
  );

  expect(findSuspicion(doubtful, limits)).toBeDefined();
  expect(needed).toBeGreaterThanOrEqual(80);
  expect(findSuspicion(cleared, limits)).toBeUndefined();
});
