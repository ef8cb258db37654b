import { expect, test } from '@jest/globals';
import { renderResultLine, type BenchResult } from '../../bench/result.js';
import { median, percentile, spread } from '../../bench/statistics.js';

const result: BenchResult = { ours: 4.444, peer: 13.5, unit: 's', runs: 5, notes: ['a note'], figures: { failed: 7 } };
const machine = { cores: 2, loadAverage: 3.1 };

test('a bench ends with one line of JSON', () => {
  const line = renderResultLine('canary-restore', result, machine);

  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    bench: 'canary-restore',
    ours: 4.44,
    peer: 13.5,
    ratio: 0.329,
    unit: 's',
    runs: 5,
    cores: 2,
    loadAverage: 3.1,
    figures: { failed: 7 },
    notes: ['a note'],
  });
});

test('where a bench measures many points, each is in the line', () => {
  const cells = [{ judge: 'ours', '20/s': 0.5 }];

  expect(JSON.parse(renderResultLine('false-aborts', { ...result, cells }, machine))).toMatchObject({ cells });
});

test('a ratio may say how many times faster ours is', () => {
  expect(JSON.parse(renderResultLine('backup-full', { ...result, ratioIs: 'peer / ours' }, machine))).toMatchObject({
    ratio: 3.038,
    ratioIs: 'peer / ours',
  });
});

test('without a peer there is no ratio', () => {
  expect(JSON.parse(renderResultLine('run-overhead', { ...result, peer: null }, machine))).toMatchObject({
    peer: null,
    ratio: null,
  });
});

test('figures are the middle, the share and the ends of what was measured', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
  expect(percentile([4, 1, 3, 2], 0.95)).toBe(4);
  expect(spread([3, 1, 2])).toBe('2.0 (1.0–3.0)');
  expect(spread([])).toBe('–');
});
