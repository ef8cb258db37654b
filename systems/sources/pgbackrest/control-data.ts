import { RunbookError } from '../../../core/errors.js';
import type { ProgramUser } from './program-user.js';
import { runProgram } from './run-program.js';

/** What a cluster says of itself while no server runs: https://www.postgresql.org/docs/current/app-pgcontroldata.html */
export interface ControlData {
  systemIdentifier: string;
  /** `shut down` where its server was ended cleanly. */
  state: string;
  hasChecksums: boolean;
  maxConnections: string;
  maxWorkerProcesses: string;
  maxWalSenders: string;
  maxPreparedTransactions: string;
  maxLocksPerTransaction: string;
  trackCommitTimestamp: string;
}

/** Reads a cluster's control file. @throws RunbookError BackupCorrupt. */
export async function readControlData(
  programs: string,
  data: string,
  user: ProgramUser,
  signal: AbortSignal,
): Promise<ControlData> {
  const program = `${programs}/pg_controldata`;
  const end = await runProgram({ program, parameters: [data], user, signal, mostSeconds: 60 });
  const read = (name: string): string => {
    const value = end.stdout
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
    if (end.exitCode === 0 && value !== undefined) return value;
    throw new RunbookError('BackupCorrupt', `${data}: expected a control file with "${name}", found none: ${end.said}`);
  };
  return {
    systemIdentifier: read('Database system identifier'),
    state: read('Database cluster state'),
    hasChecksums: read('Data page checksum version') !== '0',
    maxConnections: read('max_connections setting'),
    maxWorkerProcesses: read('max_worker_processes setting'),
    maxWalSenders: read('max_wal_senders setting'),
    maxPreparedTransactions: read('max_prepared_xacts setting'),
    maxLocksPerTransaction: read('max_locks_per_xact setting'),
    trackCommitTimestamp: read('track_commit_timestamp setting'),
  };
}
