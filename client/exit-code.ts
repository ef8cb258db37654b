import { errorTable } from '../core/errors.js';
import type { Outcome } from '../core/record.js';

/** What the shell is told of a run's end: whether the world was put back counts for more than why. */
export function exitCodeOf({ name, code }: Outcome): number {
  switch (name) {
    case 'succeeded':
      return 0;
    case 'undone':
      // A drill always takes its scratch place down: what counts is that the backup did not come back.
      return code === 'BackupCorrupt' ? errorTable.BackupCorrupt.exitCode : errorTable.Aborted.exitCode;
    case 'notUndone':
      return errorTable.NotUndone.exitCode;
    case 'rejected':
      return errorTable.Rejected.exitCode;
    case 'expired':
      return errorTable.ApprovalExpired.exitCode;
    case 'failed':
      return errorTable[code ?? 'Unexpected'].exitCode;
  }
}
