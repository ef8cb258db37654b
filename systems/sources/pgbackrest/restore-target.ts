import { RunbookError } from '../../../core/errors.js';
import type { PgBackRestProof } from '../../../core/manifest.js';

/** Which moment a cluster goes back to: the newest of its log, the end of the backup itself, or a time. */
export type RestoreTarget = 'latest' | 'backup' | { time: string };

/** A runbook's word for it: `latest`, `backup`, or an ISO 8601 time. */
export function parseTarget(at = 'latest'): RestoreTarget {
  return at === 'latest' || at === 'backup' ? at : { time: new Date(at).toISOString() };
}

/** @throws RunbookError InvalidRequest for a time at which the backup was not whole yet. */
export function checkTarget({ label, name, stoppedAt }: PgBackRestProof, target: RestoreTarget): void {
  if (typeof target === 'string' || target.time > stoppedAt) return;
  throw new RunbookError(
    'InvalidRequest',
    `at: expected a time after ${stoppedAt}, when backup ${label} of ${name} was whole, found ${target.time}; choose an earlier backup by "which"`,
  );
}

/** What pgBackRest is told of it: https://pgbackrest.org/command.html#command-restore */
export function targetParameters(target: RestoreTarget): string[] {
  if (target === 'latest') return ['--type=default'];
  if (target === 'backup') return ['--type=immediate', '--target-action=promote'];
  const time = target.time.replace('T', ' ').replace('Z', '+00');
  return ['--type=time', `--target=${time}`, '--target-action=promote'];
}
