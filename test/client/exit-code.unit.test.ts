import { expect, test } from '@jest/globals';
import { exitCodeOf } from '../../client/exit-code.js';
import type { Outcome } from '../../core/record.js';

test.each<[Partial<Outcome>, number]>([
  [{ name: 'succeeded' }, 0],
  [{ name: 'undone', code: 'RolloutFailed' }, 3],
  [{ name: 'undone', code: 'ClusterUnreachable' }, 3],
  [{ name: 'undone', code: 'BackupCorrupt' }, 9],
  [{ name: 'failed', code: 'DrillMissed' }, 9],
  [{ name: 'notUndone', code: 'NotUndone' }, 8],
  [{ name: 'notUndone', code: 'CanaryBad' }, 8],
  [{ name: 'rejected', code: 'Rejected' }, 4],
  [{ name: 'expired', code: 'ApprovalExpired' }, 5],
  [{ name: 'failed', code: 'Aborted' }, 3],
  [{ name: 'failed', code: 'NotFound' }, 1],
  [{ name: 'failed' }, 1],
])('%j ends with %d', (outcome, code) => {
  expect(exitCodeOf({ message: '', ...outcome } as Outcome)).toBe(code);
});
