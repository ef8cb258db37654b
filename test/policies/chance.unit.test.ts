import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chanceOfAtLeast, chanceOfOwnEvents } from '../../policies/chance.js';

const logFactorials = [0];
for (let count = 1; count <= 1500; count++) logFactorials.push((logFactorials[count - 1] ?? 0) + Math.log(count));
const logFactorial = (count: number) => logFactorials[count] ?? NaN;

/** Term by term from logarithms, the smallest first: nothing is lost to rounding or to too small numbers. */
function sumOf(from: number, to: number, logTerm: (count: number) => number): number {
  const terms = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => Math.exp(logTerm(from + index)));
  return terms.sort((a, b) => a - b).reduce((sum, term) => sum + term, 0);
}

const exactPoisson = (events: number, expected: number) =>
  sumOf(events, events + 60 + Math.ceil(2 * expected), (k) => k * Math.log(expected) - expected - logFactorial(k));

const exactBinomial = (own: number, all: number, share: number) =>
  sumOf(own, all, (k) => {
    const ways = logFactorial(all) - logFactorial(k) - logFactorial(all - k);
    return ways + k * Math.log(share) + (all - k) * Math.log(1 - share);
  });

const expectedEvents = fc.double({ min: 0.001, max: 200, noNaN: true });
const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true });

test('the chance of at least so many events is the sum of the terms from there on', () => {
  fc.assert(
    fc.property(expectedEvents, fc.double({ min: 0, max: 2, noNaN: true }), (expected, times) => {
      const events = Math.max(1, Math.round(expected * times));
      expect(chanceOfAtLeast(events, expected)).toBeCloseTo(exactPoisson(events, expected), 9);
    }),
  );
});

test('no event is sure, and of many events the chance is still right', () => {
  expect(chanceOfAtLeast(0, 5)).toBe(1);
  // exp(-1000) is no number any more: what has half the chance must not become sure, nor what is ten deviations off.
  expect(chanceOfAtLeast(1000, 1000)).toBeCloseTo(0.508, 2);
  expect(chanceOfAtLeast(1316, 1000)).toBeLessThan(1e-10);
});

test('the chance of so many events on one side is the sum of the terms from there on', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      shares,
      (all, part, share) => {
        const own = Math.ceil(all * part);
        expect(chanceOfOwnEvents(own, all, share)).toBeCloseTo(own === 0 ? 1 : exactBinomial(own, all, share), 9);
      },
    ),
  );
});

test('a side with nearly all of the requests can be told to be worse', () => {
  // 0.05 to the 300th is no number any more.
  expect(chanceOfOwnEvents(300, 300, 0.95)).toBeCloseTo(0.95 ** 300, 9);
  expect(chanceOfOwnEvents(299, 300, 0.95)).toBeLessThan(1e-5);
});

test('of more than 300 events the chance is that of the normal distribution, near the exact one', () => {
  for (const own of [70, 100, 120]) {
    expect(Math.abs(chanceOfOwnEvents(own, 400, 0.25) - exactBinomial(own, 400, 0.25))).toBeLessThan(0.005);
  }
});

test('the more of the events are the canary’s own, the less it is chance', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 400 }), shares, (all, share) => {
      const chances = Array.from({ length: all + 1 }, (_, own) => chanceOfOwnEvents(own, all, share));
      expect(chances.every((each, own) => own === 0 || each <= (chances[own - 1] ?? 1) + 1e-9)).toBe(true);
      expect(chances[0]).toBe(1);
    }),
    { numRuns: 30 },
  );
});
