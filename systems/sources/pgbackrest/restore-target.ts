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

/**
 * What the restored server is told of it, as pgBackRest would write it down. Targets of an earlier recovery that are left in the source's
 * own settings are commented out by pgBackRest. https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET
 */
export function targetSettings(target: RestoreTarget): Record<string, string> {
  if (target === 'latest') return { recovery_target_timeline: 'latest' };
  const promote = { recovery_target_action: 'promote' };
  // There is no way to a later timeline from before its beginning, and none is needed.
  if (target === 'backup') return { ...promote, recovery_target: 'immediate', recovery_target_timeline: 'current' };
  const time = target.time.replace('T', ' ').replace('Z', '+00');
  return { ...promote, recovery_target_time: time, recovery_target_timeline: 'latest' };
}
