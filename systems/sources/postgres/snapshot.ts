import type { Launch } from './launch.js';
import { Session } from './session.js';

/** One moment of a database, for as many connections as need it. */
export interface Snapshot {
  id: string;
  /** The server process that holds it. */
  holder: number;
  /** Where the server's log stood. */
  lsn: string;
  at: string;
  /** The oldest transaction that was not over. */
  oldestTransaction: string;
  /** The server's own number. */
  systemIdentifier: string;
}

// A server process that sleeps does not look whether its client still lives. So the snapshot outlives a worker that is killed, and
// the next one reads on in the very same moment; and it ends by itself where nobody comes.
const leaseSeconds = 3600;

/** Takes a snapshot that stays, whatever becomes of this process, for an hour at most. */
export async function takeSnapshot(
  launch: Launch,
  database: string,
): Promise<{ snapshot: Snapshot; release: Release }> {
  const session = await Session.open(launch, database);
  const logPosition = 'case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end';
  await session.run('begin isolation level repeatable read read only');
  const snapshot = await session.query<Snapshot>(
    `select json_build_object('id', pg_export_snapshot(), 'holder', pg_backend_pid(), 'systemIdentifier', (select system_identifier::text from pg_control_system()), 'lsn', ${logPosition},
      'oldestTransaction', txid_snapshot_xmin(txid_current_snapshot())::text,
      'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`,
  );
  // Its end, of whatever kind, is seen by those who read in the snapshot.
  session.run(`select pg_sleep(${leaseSeconds})`).catch(() => undefined);
  return { snapshot, release: () => releaseSnapshot(launch, database, snapshot) };
}

type Release = () => Promise<void>;

/** Gives up a snapshot, also one that a process took which is no more. */
export async function releaseSnapshot(launch: Launch, database: string, { holder }: Snapshot): Promise<void> {
  const session = await Session.open(launch, database);
  try {
    await session.run(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where pid = ${holder} and application_name = 'temporal-runbooks' and query like 'select pg_sleep(%'`,
    );
  } finally {
    await session.close();
  }
}
