import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { upperBound } from '../../policies/evidence.js';
import { noCounts, type Look } from '../../policies/looks.js';
import { allowedShare, isSharedFault, isWorseNow } from '../../policies/shared-faults.js';

const answers = (requests: number, failed: number) => ({
  requests,
  failed,
  unsuccessful: failed,
  timed: requests,
  slow: 0,
});

/** One look a second, the last at 100 s. */
const each = (looks: Array<Partial<Pick<Look, 'canary' | 'stable'>>>): Look[] =>
  looks.map((look, index) => ({
    atSeconds: 101 - looks.length + index,
    canary: noCounts,
    stable: noCounts,
    ...look,
  }));

const quiet = { canary: answers(20, 0), stable: answers(60, 0) };
const total = { trials: 10_000, events: 10 };

test('a stable version that is well allows little more than what it has shown', () => {
  expect(allowedShare(total, each(Array(40).fill(quiet) as Array<typeof quiet>), 'failed', 100)).toBeCloseTo(0.0014, 3);
});

test('a version that has never failed is not believed never to fail', () => {
  expect(allowedShare({ trials: 1e7, events: 0 }, [], 'failed', 100)).toBe(5e-4);
});

test('a fault of the stable version is allowed to the canary from the second in which it begins', () => {
  const begun = each([...(Array(40).fill(quiet) as Array<typeof quiet>), { stable: answers(60, 12) }]);

  expect(allowedShare(total, begun, 'failed', 100)).toBeGreaterThanOrEqual(0.2);
});

test('what the canary answers allows it nothing', () => {
  const looks = fc.array(
    fc.record({ canary: fc.nat(50), stable: fc.nat(50), failed: fc.nat(50) }).map(({ canary, stable, failed }) => ({
      canary: answers(canary, Math.min(canary, failed)),
      stable: answers(stable, Math.min(stable, failed)),
    })),
    { maxLength: 40 },
  );

  fc.assert(
    fc.property(looks, (all) => {
      const withoutCanary = all.map(({ stable }) => ({ stable }));
      const allowed = allowedShare(total, each(all), 'failed', 100);

      expect(allowed).toBe(allowedShare(total, each(withoutCanary), 'failed', 100));
      expect(allowed).toBeGreaterThanOrEqual(upperBound(total, 1));
    }),
  );
});

test('a stable version in trouble is told from one that is well, a scrape or two back', () => {
  const times = { atSeconds: 100, scrapeSeconds: 15 };
  const scrape = (atSeconds: number, failed: number): Look => ({
    atSeconds,
    canary: noCounts,
    stable: answers(300, failed),
  });

  expect(isSharedFault(total, [scrape(80, 0), scrape(95, 1)], 'failed', times)).toBe(false);
  expect(isSharedFault(total, [scrape(80, 0), scrape(95, 30)], 'failed', times)).toBe(true);
  expect(isSharedFault(total, [scrape(75, 30), scrape(90, 0)], 'failed', times)).toBe(true);
  expect(isSharedFault(total, [scrape(60, 30), scrape(90, 0)], 'failed', times)).toBe(false);
});

test('a canary that fails what the stable version fails too is not worse now, one that fails alone is', () => {
  const looks = (own: number, other: number) =>
    each(Array(30).fill({ canary: answers(20, own), stable: answers(60, other) }) as Look[]);

  expect(isWorseNow(looks(4, 12), 'failed', 100)).toBe(false);
  expect(isWorseNow(looks(4, 0), 'failed', 100)).toBe(true);
  expect(isWorseNow(looks(0, 0), 'failed', 100)).toBe(false);
});

test('without a stable version at the same time nothing speaks against the verdict', () => {
  expect(isWorseNow(each([{ canary: answers(20, 1) }]), 'failed', 100)).toBe(true);
});

test('a canary with little traffic is compared over so long that it has answered sixty times', () => {
  const sparse = (failedAtSecond: number) =>
    each(
      Array.from({ length: 100 }, (_, second) => ({
        canary: answers(1, second === failedAtSecond || second > 97 ? 1 : 0),
        stable: answers(3, second === failedAtSecond ? 3 : 0),
      })),
    );

  // Two of the canary's own in the last seconds, and a fault of both: counted where it lies within the sixty answers.
  expect(isWorseNow(sparse(60), 'failed', 100)).toBe(false);
  expect(isWorseNow(each([{ canary: answers(1, 1), stable: answers(3, 0) }]), 'failed', 100)).toBe(false);
  expect(isWorseNow(sparse(10), 'failed', 100)).toBe(false);
});
