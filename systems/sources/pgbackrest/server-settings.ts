import type { ControlData } from './control-data.js';
import { targetSettings, type RestoreTarget } from './restore-target.js';

/** What a restored server is told; it goes before what its own files say. */
export interface ScratchServer {
  /** The folder that is its own: `data`, and the socket. */
  folder: string;
  control: ControlData;
  /** Its major version. */
  version: string;
  restoreCommand: string;
  target: RestoreTarget;
  /** Whether the cluster is kept, and not thrown away. */
  stays: boolean;
}

/**
 * Settings under which a restored server can do nothing outside of its folder: it listens at no address, gives its log to nobody, takes
 * no changes from another server and so moves no replication slot of one, and runs and loads nothing that would work by itself. Those
 * of the source go by what its control file says, for recovery asks for no less, and commit timestamps are thrown away where they are off.
 * https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
export function scratchSettings(server: ScratchServer): Record<string, string> {
  const { folder, control, restoreCommand, target } = server;
  return {
    config_file: `${folder}/postgresql.conf`,
    hba_file: `${folder}/pg_hba.conf`,
    ident_file: `${folder}/pg_ident.conf`,
    data_directory: `${folder}/data`,
    external_pid_file: '',
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: folder,
    unix_socket_permissions: '0700',
    restore_command: restoreCommand,
    ...targetSettings(target),
    recovery_min_apply_delay: '0',
    ...archiveSettings(server),
    primary_conninfo: '',
    primary_slot_name: '',
    hot_standby: 'off',
    max_logical_replication_workers: '0',
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    archive_cleanup_command: '',
    recovery_end_command: '',
    autovacuum: 'off',
    event_source: 'PostgreSQL',
    ssl: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    cluster_name: 'restored',
    shared_buffers: '128MB',
    huge_pages: 'off',
    dynamic_shared_memory_type: 'mmap',
    // What is thrown away need not survive, and the machine that a drill runs on may go down with it.
    fsync: server.stays ? 'on' : 'off',
    max_connections: control.maxConnections,
    max_worker_processes: control.maxWorkerProcesses,
    max_wal_senders: control.maxWalSenders,
    max_prepared_transactions: control.maxPreparedTransactions,
    max_locks_per_transaction: control.maxLocksPerTransaction,
    track_commit_timestamp: control.trackCommitTimestamp,
  };
}

/**
 * Without a command nothing is archived. Of a cluster that stays PostgreSQL then keeps what it would have given: the history of the new
 * timeline above all, which the archive gets once the cluster serves; without it no later restore would find its way to that timeline.
 * https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-COMMAND
 */
function archiveSettings({ stays, version }: ScratchServer): Record<string, string> {
  if (!stays) return { archive_mode: 'off', archive_command: '' };
  const library = Number(version) >= 15 ? { archive_library: '' } : {};
  return { archive_mode: 'on', archive_command: '', ...library };
}
