import type { ControlData } from './control-data.js';

/** What a restored server is told; it goes before what its own files say. */
export interface ScratchServer {
  /** The folder that is its own: `data`, and the socket. */
  folder: string;
  control: ControlData;
  restoreCommand: string;
}

/**
 * Settings under which a restored server can do nothing outside of its folder: it listens at no address, gives its log to nobody, takes
 * no changes from another server and so moves no replication slot of one, and loads no library that would work by itself. Those of
 * the source go by what its control file says, for recovery asks for no less.
 * https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
export function scratchSettings({ folder, control, restoreCommand }: ScratchServer): Record<string, string> {
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
    archive_mode: 'off',
    archive_command: '',
    primary_conninfo: '',
    primary_slot_name: '',
    hot_standby: 'off',
    max_logical_replication_workers: '0',
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    archive_cleanup_command: '',
    recovery_end_command: '',
    event_source: 'PostgreSQL',
    ssl: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    cluster_name: 'drill',
    shared_buffers: '128MB',
    huge_pages: 'off',
    dynamic_shared_memory_type: 'mmap',
    // It is thrown away, and the machine that it is proven on may go down with it.
    fsync: 'off',
    max_connections: control.maxConnections,
    max_worker_processes: control.maxWorkerProcesses,
    max_wal_senders: control.maxWalSenders,
    max_prepared_transactions: control.maxPreparedTransactions,
    max_locks_per_transaction: control.maxLocksPerTransaction,
  };
}
