import { expect, test } from '@jest/globals';
import {
  addObservation,
  emptyJudgement,
  findHarm,
  findSuspicion,
  noCounts,
  type Judgement,
} from '../../policies/judge.js';

const limits = { falseAbortsPerThousand: 1, smallestHarmWorthCatching: 0.02 };

/** A reproducible source of chance (mulberry32), so that a failing seed can be looked at again. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function draw(random: () => number, requests: number, rate: number, slow = 0.05) {
  let failed = 0;
  let late = 0;
  for (let each = 0; each < requests; each++) {
    if (random() < rate) failed++;
    if (random() < slow) late++;
  }
  return { requests, failed, unsuccessful: failed, timed: requests, slow: late };
}

interface World {
  canaryPerSecond: number;
  stablePerSecond: number;
  canaryRate: (second: number) => number;
  stableRate: (second: number) => number;
  canarySlow?: number;
  seconds: number;
}

/** Seconds until the canary is found bad; undefined when it never is. */
function secondsToHarm(seed: number, world: World): number | undefined {
  const random = chance(seed);
  const before = draw(random, world.stablePerSecond * 60, world.stableRate(0));
  let judgement: Judgement = addObservation(emptyJudgement, { atSeconds: 0, canary: noCounts, stable: before }, limits);
  for (let second = 1; second <= world.seconds; second++) {
    const canary = draw(
      random,
      Math.floor(world.canaryPerSecond + random()),
      world.canaryRate(second),
      world.canarySlow,
    );
    const stable = draw(random, Math.floor(world.stablePerSecond + random()), world.stableRate(second));
    judgement = addObservation(judgement, { atSeconds: second, canary, stable }, limits);
    if (findHarm(judgement, limits)) return second;
  }
  return undefined;
}

function run(times: number, world: World): Array<number | undefined> {
  return Array.from({ length: times }, (_, seed) => secondsToHarm(seed + 1, world));
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

test.each([
  ['30 requests/s, no errors', 7.5, 22.5, 0],
  ['30 requests/s, 0.5 % errors', 7.5, 22.5, 0.005],
  ['5 requests/s, 2 % errors', 1.2, 3.8, 0.02],
  ['half of 20 requests/s, 0.1 % errors', 10, 10, 0.001],
])('takes back at most 1 in 40 good canaries in 10 minutes: %s', (_, canaryPerSecond, stablePerSecond, rate) => {
  const verdicts = run(40, {
    canaryPerSecond,
    stablePerSecond,
    canaryRate: () => rate,
    stableRate: () => rate,
    seconds: 900,
  });

  expect(verdicts.filter((second) => second !== undefined).length).toBeLessThanOrEqual(1);
});

test('finds 20 % errors at 7.5 requests/s within 5 seconds in the median', () => {
  const verdicts = run(100, {
    canaryPerSecond: 7.5,
    stablePerSecond: 22.5,
    canaryRate: () => 0.2,
    stableRate: () => 0.005,
    seconds: 60,
  });

  expect(median(verdicts.map((second) => second ?? Infinity))).toBeLessThanOrEqual(5);
});

test('finds a fault that begins after ten good minutes', () => {
  const canaryRate = (second: number) => (second > 600 ? 0.2 : 0.001);
  const verdicts = run(60, {
    canaryPerSecond: 7.5,
    stablePerSecond: 22.5,
    canaryRate,
    stableRate: () => 0.001,
    seconds: 700,
  });

  expect(median(verdicts.map((second) => (second ?? Infinity) - 600))).toBeLessThanOrEqual(8);
});

test('finds answers that are slow though they succeed', () => {
  const world = {
    canaryPerSecond: 7.5,
    stablePerSecond: 22.5,
    canaryRate: () => 0,
    stableRate: () => 0,
    canarySlow: 0.9,
    seconds: 60,
  };

  expect(median(run(50, world).map((second) => second ?? Infinity))).toBeLessThanOrEqual(3);
});

test('does not blame the canary for a fault that both sides have', () => {
  const both = (second: number) => (second > 100 ? 0.3 : 0.001);
  const verdicts = run(60, {
    canaryPerSecond: 7.5,
    stablePerSecond: 22.5,
    canaryRate: both,
    stableRate: both,
    seconds: 300,
  });

  expect(verdicts.filter((second) => second !== undefined).length).toBeLessThanOrEqual(5);
});

test('says which share was seen on both sides', () => {
  const look = {
    atSeconds: 1,
    canary: { requests: 40, failed: 20, unsuccessful: 20, timed: 40, slow: 0 },
    stable: { requests: 400, failed: 0, unsuccessful: 0, timed: 400, slow: 20 },
  };

  expect(findHarm(addObservation(emptyJudgement, look, limits), limits)).toBe(
    'answers with 5xx: canary 50.0 % (20 of 40), stable 0.0 % (0 of 400)',
  );
});

test('no answers of the canary are no evidence', () => {
  const look = {
    atSeconds: 1,
    canary: noCounts,
    stable: { requests: 400, failed: 0, unsuccessful: 0, timed: 400, slow: 0 },
  };

  const judgement = addObservation(emptyJudgement, look, limits);

  expect(judgement.evidence).toEqual(emptyJudgement.evidence);
  expect(judgement.lastCanaryAtSeconds).toBeUndefined();
});

test('is in doubt about a canary with more errors than the stable version, though there is too little for a verdict', () => {
  const look = {
    atSeconds: 1,
    canary: { requests: 20, failed: 4, unsuccessful: 4, timed: 20, slow: 1 },
    stable: { requests: 80, failed: 0, unsuccessful: 0, timed: 80, slow: 4 },
  };

  const judgement = addObservation(emptyJudgement, look, limits);

  expect(findHarm(judgement, limits)).toBeUndefined();
  expect(findSuspicion(judgement, limits)).toContain('canary 20.0 % (4 of 20)');
});

test('does not go on with a canary that looks worse, however little is known of a stable version with little traffic', () => {
  const look = {
    atSeconds: 1,
    canary: { requests: 40, failed: 3, unsuccessful: 3, timed: 40, slow: 1 },
    stable: { requests: 40, failed: 0, unsuccessful: 0, timed: 40, slow: 1 },
  };

  expect(findSuspicion(addObservation(emptyJudgement, look, limits), limits)).toContain('canary 7.5 % (3 of 40)');
});

test('goes on after a single error, which may be chance', () => {
  const look = {
    atSeconds: 1,
    canary: { requests: 50, failed: 1, unsuccessful: 1, timed: 50, slow: 2 },
    stable: { requests: 1000, failed: 5, unsuccessful: 5, timed: 1000, slow: 40 },
  };

  expect(findSuspicion(addObservation(emptyJudgement, look, limits), limits)).toBeUndefined();
});
