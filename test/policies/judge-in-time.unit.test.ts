import { expect, test } from '@jest/globals';
import { createRandom, drawBinomial } from '../../bench/simulation/random.js';
import { addObservation, emptyJudgement, findHarm, type Judgement, type Observed } from '../../policies/judge.js';
import { noCounts } from '../../policies/looks.js';

const limits = { falseAbortsPerThousand: 10, smallestHarmWorthCatching: 0.02 };

function answers(requests: number, failed: number, slow = 0) {
  return { requests, failed, unsuccessful: failed, timed: requests, slow };
}

function draw(random: () => number, requests: number, rate: number, slow = 0.05) {
  return answers(requests, drawBinomial(random, requests, rate), drawBinomial(random, requests, slow));
}

/** A look at both sides at the same time, read straight from the pods. */
function together(atSeconds: number, seen: Partial<Pick<Observed, 'canary' | 'stable'>>): Observed {
  return { atSeconds, canary: noCounts, stable: noCounts, stableUntilSeconds: atSeconds, scrapeSeconds: 1, ...seen };
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
  const random = createRandom(seed);
  const before = draw(random, world.stablePerSecond * 60, world.stableRate(0));
  let judgement: Judgement = addObservation(emptyJudgement, together(0, { stable: before }), limits);
  for (let second = 1; second <= world.seconds; second++) {
    const canary = draw(
      random,
      Math.floor(world.canaryPerSecond + random()),
      world.canaryRate(second),
      world.canarySlow,
    );
    const stable = draw(random, Math.floor(world.stablePerSecond + random()), world.stableRate(second));
    judgement = addObservation(judgement, together(second, { canary, stable }), limits);
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
  ['30 requests/s, 0.5 % errors', 7.5, 22.5, 0.005],
  ['5 requests/s, 2 % errors', 1.2, 3.8, 0.02],
])(
  'takes back at most 1 in 20 good canaries in 10 minutes (the bench false-aborts plays more): %s',
  (_, canaryPerSecond, stablePerSecond, rate) => {
    const verdicts = run(20, {
      canaryPerSecond,
      stablePerSecond,
      canaryRate: () => rate,
      stableRate: () => rate,
      seconds: 600,
    });

    expect(verdicts.filter((second) => second !== undefined).length).toBeLessThanOrEqual(1);
  },
);

test('finds 20 % errors at 7.5 requests/s within 5 seconds in the median', () => {
  const verdicts = run(40, {
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
  const verdicts = run(20, {
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

  expect(median(run(20, world).map((second) => second ?? Infinity))).toBeLessThanOrEqual(3);
});

test('does not blame the canary for a fault that both sides have', () => {
  const both = (second: number) => (second > 100 ? 0.3 : 0.001);
  const verdicts = run(30, {
    canaryPerSecond: 7.5,
    stablePerSecond: 22.5,
    canaryRate: both,
    stableRate: both,
    seconds: 200,
  });

  expect(verdicts.filter((second) => second !== undefined).length).toBeLessThanOrEqual(2);
});
