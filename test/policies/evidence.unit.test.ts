import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRandom, drawBinomial } from '../../bench/simulation/random.js';
import { addLook, logEvidence, noEvidence, upperBound, type Evidence } from '../../policies/evidence.js';

const trials = fc
  .record({ trials: fc.integer({ min: 1, max: 100_000 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ trials: count, share }) => ({ trials: count, events: Math.round(count * share) }));

/** Rounding may differ in the last digits. */
const rounding = 1e-12;

test('without trials nothing is known: the bound is 100 %', () => {
  expect(upperBound({ trials: 0, events: 0 }, 1)).toBe(1);
});

test('no event in 600 trials is not taken for no risk', () => {
  expect(upperBound({ trials: 600, events: 0 }, 1)).toBeCloseTo(0.0017, 4);
  expect(upperBound({ trials: 600, events: 0 }, 3)).toBeCloseTo(0.0148, 4);
});

test('the bound lies above what was seen, and never above 100 %', () => {
  fc.assert(
    fc.property(trials, (seen) => {
      expect(upperBound(seen, 1)).toBeGreaterThanOrEqual(seen.events / seen.trials - rounding);
      expect(upperBound(seen, 1)).toBeLessThanOrEqual(1);
    }),
  );
});

test('one event more raises the bound; one trial more without an event lowers it', () => {
  fc.assert(
    fc.property(trials, (seen) => {
      const bound = upperBound(seen, 1);
      const withoutEvent = { ...seen, trials: seen.trials + 1 };

      expect(upperBound(withoutEvent, 1)).toBeLessThanOrEqual(bound + rounding);
      expect(upperBound({ ...withoutEvent, events: seen.events + 1 }, 1)).toBeGreaterThanOrEqual(
        upperBound(withoutEvent, 1) - rounding,
      );
    }),
  );
});

test('the more certain one wants to be, the higher the bound', () => {
  fc.assert(
    fc.property(trials, fc.double({ min: 0.1, max: 4, noNaN: true }), (seen, z) => {
      expect(upperBound(seen, z + 0.5)).toBeGreaterThanOrEqual(upperBound(seen, z) - rounding);
    }),
  );
});

function lookTimes(looks: number, seen: { trials: number; events: number }, allowed = 0.01): Evidence {
  let evidence = noEvidence;
  for (let look = 0; look < looks; look++) evidence = addLook(evidence, seen, allowed, 0.02);
  return evidence;
}

test('before the first look, and at looks that show nothing, the evidence says neither yes nor no', () => {
  expect(logEvidence(noEvidence)).toBe(0);
  expect(logEvidence(lookTimes(50, { trials: 0, events: 0 }))).toBeCloseTo(0, 10);
});

test('each bad look adds evidence, each good one takes some away', () => {
  const bad = Array.from({ length: 10 }, (_, looks) => logEvidence(lookTimes(looks, { trials: 10, events: 3 })));
  const good = Array.from({ length: 10 }, (_, looks) => logEvidence(lookTimes(looks, { trials: 10, events: 0 })));

  expect(bad).toEqual([...bad].sort((a, b) => a - b));
  expect(new Set(bad).size).toBe(10);
  expect(good).toEqual([...good].sort((a, b) => b - a));
  expect(new Set(good).size).toBe(10);
});

test('one look is a fair bet: under the allowed share the expected evidence is 1 before and at most 1 after', () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 15 }),
      fc.double({ min: 0.0001, max: 0.6, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(5),
      (requests, allowed, part, looksBefore) => {
        const share = allowed * part;
        const before = lookTimes(looksBefore, { trials: 7, events: 0 }, allowed);
        let expected = 0;
        for (let events = 0; events <= requests; events++) {
          const chance = choose(requests, events) * share ** events * (1 - share) ** (requests - events);
          expected += chance * Math.exp(logEvidence(addLook(before, { trials: requests, events }, allowed, 0.02)));
        }

        expect(expected).toBeLessThanOrEqual(Math.exp(logEvidence(before)) * (1 + 1e-9));
      },
    ),
  );
});

test.each([
  ['every second', 0.001, 5, 150],
  ['every second, many errors', 0.05, 5, 150],
  ['every fifteen seconds', 0.02, 75, 40],
])(
  'over a whole run, however often one looks, chance alone is rarely strong evidence: %s',
  (_, share, requests, looks) => {
    const random = createRandom(7);
    const runs = 300;
    const alpha = 0.05;
    let strong = 0;
    for (let run = 0; run < runs; run++) {
      let evidence = noEvidence;
      for (let look = 0; look < looks; look++) {
        const trials = Math.floor(2 * requests * random());
        evidence = addLook(evidence, { trials, events: drawBinomial(random, trials, share) }, share, 0.02);
        if (logEvidence(evidence) >= Math.log(1 / alpha)) {
          strong += 1;
          break;
        }
      }
    }

    expect(strong / runs).toBeLessThanOrEqual(alpha);
  },
);

test('a fault that begins late is found by a test that begins late, at a bounded price', () => {
  const good = lookTimes(600, { trials: 20, events: 0 });
  const since = (looks: number, before: Evidence) => {
    let evidence = before;
    for (let look = 0; look < looks; look++) evidence = addLook(evidence, { trials: 20, events: 4 }, 0.01, 0.02);
    return logEvidence(evidence);
  };

  // The good answers alone would have lost the first test hundreds of units.
  expect(since(4, good)).toBeGreaterThan(5);
  expect(since(4, noEvidence)).toBeGreaterThan(since(4, good));
});

test('an allowed share of nothing or of everything breaks no arithmetic', () => {
  for (const allowed of [0, 1]) {
    for (const events of [0, 50, 100]) {
      expect(Number.isFinite(logEvidence(lookTimes(100, { trials: 100, events }, allowed)))).toBe(true);
    }
  }
});

test('evidence goes through JSON unchanged, for it is carried in heartbeats', () => {
  const evidence = lookTimes(20, { trials: 10, events: 1 });

  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
});
