import { expect, test } from '@jest/globals';
import { createByteRate } from '../../activities/byte-rate.js';

test('what was sent before the first look says nothing of how fast it goes', () => {
  const rate = createByteRate();

  expect(rate(900_000_000, 0)).toBeUndefined();
  expect(rate(902_000_000, 2000)).toBe(1_000_000);
});

test('a rate that changes is followed within some looks, and not at once', () => {
  const rate = createByteRate();
  let bytes = 0;
  for (let second = 0; second <= 60; second += 2) rate((bytes += 2_000_000), second * 1000);

  const first = rate(bytes, 62_000) ?? 0;
  let last = 0;
  for (let second = 64; second <= 120; second += 2) last = rate(bytes, second * 1000) ?? 0;

  expect(first).toBeGreaterThan(500_000);
  expect(first).toBeLessThan(1_000_000);
  expect(last).toBeLessThan(10_000);
});
