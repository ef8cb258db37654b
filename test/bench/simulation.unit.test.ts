import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { secondsToVerdict } from '../../bench/detection.js';
import { takenBackPercent } from '../../bench/false-aborts.js';
import { runCell } from '../../bench/simulation/cells.js';
import { recordCounters, successShare } from '../../bench/simulation/counters-seen.js';
import { judgeByPeers } from '../../bench/simulation/peers.js';
import { createRandom, drawBinomial, drawPoisson } from '../../bench/simulation/random.js';
import { Traffic, type World } from '../../bench/simulation/traffic.js';

const world: World = {
  canaryPerSecond: 20,
  baseShare: 0.001,
  burstShare: 0,
  seconds: 300,
  view: 'prometheus',
  scrapeSeconds: 15,
};

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([0.3, 5, 14, 16, 40, 900])('numbers of events have the mean and the variance of a Poisson: %d', (mean) => {
  const random = createRandom(3);
  const drawn = Array.from({ length: 8000 }, () => drawPoisson(random, mean));
  const found = meanOf(drawn);

  expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(mean / drawn.length));
  expect(meanOf(drawn.map((value) => (value - found) ** 2)) / mean).toBeCloseTo(1, 0);
});

test('of so many trials as many are events as the chance says, and never more than there are', () => {
  const random = createRandom(4);
  for (const share of [0, 0.003, 0.3, 0.8, 1]) {
    const drawn = Array.from({ length: 3000 }, () => drawBinomial(random, 50, share));

    expect(Math.abs(meanOf(drawn) - 50 * share)).toBeLessThanOrEqual(4 * Math.sqrt((50 * share * (1 - share)) / 3000));
    expect(Math.max(...drawn)).toBeLessThanOrEqual(50);
  }
});

test('the same seed gives the same release, and its scrapes are in the order of time, each pod’s a scrape apart', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.constantFrom('direct' as const, 'prometheus' as const), (seed, view) => {
      const scrapes = [...new Traffic({ ...world, burstShare: 0.5, view }, seed).scrapes()];
      const canary = scrapes.filter(({ of }) => of !== 'stable').map(({ atSeconds }) => atSeconds);

      expect([...new Traffic({ ...world, burstShare: 0.5, view }, seed).scrapes()]).toEqual(scrapes);
      expect(scrapes.map(({ atSeconds }) => atSeconds)).toEqual(
        scrapes.map(({ atSeconds }) => atSeconds).sort((a, b) => a - b),
      );
      expect(canary.slice(1).every((at, index) => Math.abs(at - (canary[index] ?? 0) - 15) < 1e-6)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('a fault is the canary’s alone, and a burst hits both sides alike', () => {
  const sharesOf = (changes: Partial<World>) => {
    const scrapes = Array.from({ length: 10 }, (_, seed) => [...new Traffic({ ...world, ...changes }, seed).scrapes()]);
    const share = (side: 'canary' | 'stable', count: 'failed' | 'slow') => {
      const all = scrapes.flat().map((scrape) => scrape[side]);
      return meanOf(all.map((each) => each[count])) / meanOf(all.map(({ requests }) => requests));
    };
    return { failed: [share('canary', 'failed'), share('stable', 'failed')], slow: share('canary', 'slow') };
  };
  const [canary = 0, stable = 0] = sharesOf({ fault: { failed: 0.2 } }).failed;
  const [canaryInBursts = 0, stableInBursts = 0] = sharesOf({ burstShare: 0.5 }).failed;

  expect(canary).toBeCloseTo(0.2, 1);
  expect(stable).toBeLessThan(0.003);
  expect(canaryInBursts).toBeGreaterThan(0.01);
  expect(canaryInBursts / stableInBursts).toBeCloseTo(1, 0);
  expect(sharesOf({ fault: { slower: 2 } }).slow).toBeGreaterThan(2 * sharesOf({}).slow);
});

test('Prometheus’ rate knows no error before its series has two samples, and nothing without traffic', () => {
  const seen = {
    samples: [
      { atSeconds: 10, succeeded: 100, failed: 0 },
      { atSeconds: 25, succeeded: 190, failed: 10 },
      { atSeconds: 40, succeeded: 280, failed: 20 },
      { atSeconds: 55, succeeded: 280, failed: 20 },
    ],
  };

  expect(successShare(seen, 10.4, { windowSeconds: 60 })).toBeUndefined();
  expect(successShare(seen, 26, { windowSeconds: 60 })).toBe(1);
  expect(successShare(seen, 41, { windowSeconds: 60 })).toBeCloseTo(180 / 190, 10);
  expect(successShare(seen, 41, { windowSeconds: 60, lastTwo: true })).toBeCloseTo(0.9, 10);
  expect(successShare(seen, 56, { windowSeconds: 30 })).toBeNaN();
});

test('the peers take a bad canary back at the times their documents say', () => {
  const found = judgeByPeers(new Traffic({ ...world, baseShare: 0, seconds: 1300, fault: { failed: 0.5 } }, 1));
  const at = (words: string) => Object.entries(found).find(([name]) => name.includes(words))?.[1];

  // Four failed measurements, of which the first with data is at 20, 30 or 40 s; ten ticks and one; one tick and one.
  expect([920, 930, 940]).toContain(at('Argo Rollouts, example'));
  expect(at('Flagger, example')).toBe(660);
  expect(at('Flagger, defaults')).toBe(120);
  expect(at('every 15 s')).toBeLessThanOrEqual(60);
});

test('the peers take no canary back that never fails, where there is traffic', () => {
  const traffic = new Traffic({ ...world, baseShare: 0 }, 2);

  expect(recordCounters(traffic).samples).toHaveLength(20);
  expect(Object.values(judgeByPeers(new Traffic({ ...world, baseShare: 0 }, 2)))).toEqual(Array(6).fill(undefined));
});

test('a cell finds what is bad, leaves what is good, and answers the same each time', () => {
  const cell = { by: 'ours' as const, trials: 5, world: { ...world, view: 'direct' as const, scrapeSeconds: 1 } };
  const bad = runCell({ ...cell, world: { ...cell.world, fault: { failed: 0.5 } } });

  expect(takenBackPercent(runCell(cell), 'ours')).toBe(0);
  expect(takenBackPercent(bad, 'ours')).toBe(100);
  expect(runCell({ ...cell, world: { ...cell.world, fault: { failed: 0.5 } } })).toEqual(bad);
  expect(secondsToVerdict(bad, 'ours').every((seconds) => seconds > 0 && seconds < 10)).toBe(true);
});

test('a verdict before the first bad answer is none, and a canary that was never found took for ever', () => {
  const trial = (verdict?: number) => ({
    faultAtSeconds: 300,
    firstBadAtSeconds: 310,
    verdictAtSeconds: verdict === undefined ? {} : { ours: verdict },
  });

  expect(secondsToVerdict([trial(200), trial(314), trial()], 'ours')).toEqual([4, Infinity]);
  expect(secondsToVerdict([{ verdictAtSeconds: {} }], 'ours')).toEqual([]);
});
