import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CanaryPoint } from '../../../core/record.js';
import { shareLines } from '../../../client/console/plots/frame.js';
import { sharesOver, shownMeasures, spanOf, thinOut } from '../../../client/console/run/shares.js';

const begin = Date.parse('2026-11-21T08:34:00Z');

/** One point a second; what each second added. */
function pointsOf(seconds: ReadonlyArray<{ requests: number; failed: number }>): CanaryPoint[] {
  let requests = 0;
  let failed = 0;
  return seconds.map((second, index) => {
    requests += second.requests;
    failed += Math.min(second.failed, second.requests);
    const counts = { requests, failed, unsuccessful: failed, timed: requests, slow: 0 };
    return { at: new Date(begin + index * 1000).toISOString(), weight: 5, canary: counts, stable: counts };
  });
}

const seconds = fc.array(fc.record({ requests: fc.nat(50), failed: fc.nat(50) }), { minLength: 1, maxLength: 300 });

test('a share is of what was answered in the span before, and of nothing else', () => {
  const points = pointsOf([
    { requests: 10, failed: 0 },
    { requests: 10, failed: 10 },
    { requests: 10, failed: 0 },
    { requests: 0, failed: 0 },
  ]);

  const over = (span: number) =>
    sharesOver({ points, shown: points, span }, 'canary', 'failed').map(({ share }) => share);

  expect(over(0)).toEqual([0, 1, 0, undefined]);
  expect(over(1000)).toEqual([0, 0.5, 0.5, 0]);
});

test('shares lie between none and all, also where points were left out', () => {
  fc.assert(
    fc.property(seconds, fc.integer({ min: 1, max: 40 }), (some, most) => {
      const points = pointsOf(some);
      const shown = thinOut(points, most);
      const shares = sharesOver({ points, shown, span: spanOf(points) }, 'canary', 'failed');
      expect(shown.length).toBe(Math.min(points.length, most));
      expect(shown.at(-1)).toBe(points.at(-1));
      for (const { share = 0 } of shares) expect(share >= 0 && share <= 1).toBe(true);
    }),
  );
});

test('other questions than failures are shown only where they say something else', () => {
  const [point] = pointsOf([{ requests: 10, failed: 1 }]) as [CanaryPoint];
  const slow = { ...point, stable: { ...point.stable, slow: 3 } };
  const unsuccessful = { ...point, canary: { ...point.canary, unsuccessful: 4 } };

  expect([point, slow, unsuccessful].map(shownMeasures)).toEqual([
    ['failed'],
    ['failed', 'slow'],
    ['failed', 'unsuccessful'],
  ]);
});

test.each([
  [0.02, [0, 0.01, 0.02]],
  [0.3, [0, 0.1, 0.2, 0.30000000000000004]],
  [1, [0, 0.25, 0.5, 0.75, 1]],
])('an axis of shares to %d has lines that people count in', (highest, lines) => {
  expect(shareLines(highest)).toEqual(lines);
});
