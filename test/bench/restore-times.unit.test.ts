import { expect, test } from '@jest/globals';
import { findRestoreTimes, parseRequestLog } from '../../bench/restore-times.js';

const answer = (at: number, version: string, status: number) => ({
  at,
  status,
  version,
  backend: 'none',
  durationMs: 100,
  resent: false,
});

test('a bad version is felt from its first failed answer to its last', () => {
  const records = [
    answer(500, '1.4.0', 500),
    answer(1000, '1.6.0', 200),
    answer(2000, '1.6.0', 500),
    answer(4000, '1.6.0', 500),
    answer(4500, '1.6.0', 200),
    answer(9000, '1.4.0', 500),
  ];

  expect(findRestoreTimes(records, '1.6.0')).toEqual({ felt: 2, sinceSent: 2.1, exposed: 3.5, failed: 2, answered: 4 });
});

test('a version that failed nobody has no times', () => {
  expect(findRestoreTimes([answer(0, '1.6.0', 200)], '1.6.0')).toBeUndefined();
});

test('a line that is still being written is left out', () => {
  const whole = JSON.stringify(answer(1, '1.4.0', 200));

  expect(parseRequestLog(`${whole}\n${whole}\n{"at":`)).toHaveLength(2);
});
