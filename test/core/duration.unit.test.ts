import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatSeconds, parseDuration } from '../../core/duration.js';

test.each([
  ['500ms', 0.5],
  ['90s', 90],
  ['10m', 600],
  ['1.5h', 5400],
  ['24h', 86_400],
  ['2d', 172_800],
  ['0s', 0],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '10', 's', '10 m', '-1s', '+1s', '1h30m', '1,5h', '1.h', '.5h', '10M', '10min', '1e3s', ' 1s', '1s\n'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [0.42, '0.4 s'],
  [9.94, '9.9 s'],
  [12, '12 s'],
  [59.4, '59 s'],
  [59.6, '1 m 0 s'],
  [200, '3 m 20 s'],
  [3599.7, '1 h 0 m'],
  [3900, '1 h 5 m'],
  [86_399.9, '1 d 0 h'],
  [183_600, '2 d 3 h'],
])('%d seconds read as "%s"', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test('what people read is never off by more than its last unit', () => {
  const unitSeconds: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 };
  const read = (text: string) =>
    [...text.matchAll(/([\d.]+) ([dhms])/g)].map(([, count, unit = '']) => [Number(count), unitSeconds[unit] ?? NaN]);

  fc.assert(
    fc.property(fc.double({ min: 0, max: 30 * 86_400, noNaN: true }), (seconds) => {
      const parts = read(formatSeconds(seconds));
      const total = parts.reduce((sum, [count = NaN, unit = NaN]) => sum + count * unit, 0);

      expect(Math.abs(total - seconds)).toBeLessThanOrEqual(parts.at(-1)?.[1] ?? 0);
    }),
  );
});
