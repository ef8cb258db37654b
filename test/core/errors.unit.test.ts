import { expect, test } from '@jest/globals';
import { errorTable, isErrorCode, messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';

/** Exit codes that the product promises, and what each means to a shell. */
const promisedExitCodes = [1, 2, 3, 4, 5, 6, 8, 9, 124, 130];

const rules = Object.entries(errorTable) as Array<[ErrorCode, (typeof errorTable)[ErrorCode]]>;

test.each(rules)('%s says whether it is tried again, an HTTP status and a promised exit code', (_, rule) => {
  expect(typeof rule.retry).toBe('boolean');
  expect(rule.httpStatus).toBeGreaterThanOrEqual(200);
  expect(rule.httpStatus).toBeLessThanOrEqual(599);
  expect(promisedExitCodes).toContain(rule.exitCode);
});

test.each<[string, ErrorCode, number]>([
  ['an invalid runbook', 'InvalidRunbook', 2],
  ['wrong settings', 'InvalidSettings', 2],
  ['a failed rollout that was undone', 'RolloutFailed', 3],
  ['a canary that was taken back', 'CanaryBad', 3],
  ['an aborted run', 'Aborted', 3],
  ['a rejection', 'Rejected', 4],
  ['an approval that expired', 'ApprovalExpired', 5],
  ['a release that is locked by another', 'Locked', 6],
  ['a release into a freeze', 'Frozen', 6],
  ['a release of what has not proven itself', 'NotProven', 6],
  ['a failure that was NOT undone', 'NotUndone', 8],
  ['data that are wrong after a rollback', 'Inconsistent', 8],
  ['a backup that is not as it was', 'BackupCorrupt', 9],
  ['a drill that missed its RPO or RTO', 'DrillMissed', 9],
  ['a watch that timed out', 'WatchTimedOut', 124],
  ['a watch that was left', 'Detached', 130],
])('a shell sees %s (%s) as exit code %i', (_, code, exitCode) => {
  expect(errorTable[code].exitCode).toBe(exitCode);
});

test('only what may heal by itself is tried again', () => {
  const retried = rules.filter(([, { retry }]) => retry).map(([code]) => code);

  expect(retried.sort()).toEqual([
    'AlertingUnreachable',
    'ClusterUnreachable',
    'Conflict',
    'MetricsUnreachable',
    'ReadBackFailed',
    'StoreUnreachable',
    'SystemUnreachable',
    'TemporalUnreachable',
    'TooMany',
    'Unexpected',
  ]);
});

test('only codes of the table are taken for ours, names that every object has are not', () => {
  expect(isErrorCode('Rejected')).toBe(true);
  expect(['rejected', 'toString', '__proto__', 'constructor', '', null, undefined].filter(isErrorCode)).toEqual([]);
});

test('an error keeps its code, its message and its cause', () => {
  const cause = new Error('ECONNREFUSED');

  const error = new RunbookError('ClusterUnreachable', 'cluster https://x: no answer', { cause });

  expect(error).toMatchObject({ name: 'RunbookError', code: 'ClusterUnreachable', cause });
  expect(messageOf(error)).toBe('cluster https://x: no answer');
});

test('whatever was thrown has a message', () => {
  expect([messageOf('text'), messageOf(undefined), messageOf(7)]).toEqual(['text', 'undefined', '7']);
});
