import { chown, lstat, writeFile } from 'node:fs/promises';
import { RunbookError } from '../../../core/errors.js';
import type { PgBackRestProof } from '../../../core/manifest.js';
import { checkLog, type ArchivedLog } from './archive.js';
import { readControlData } from './control-data.js';
import type { PgBackRest } from './pgbackrest.js';
import { countFiles } from './progress.js';
import type { RestoreTarget } from './restore-target.js';
import { startScratchServer } from './scratch-server.js';
import type { ScratchServer } from './server-settings.js';
import { findBackup } from './verify.js';
import { isBefore, reaches } from './wal.js';

/** A cluster that is restored into a folder of its own. */
export interface ClusterRestore {
  pgBackRest: PgBackRest;
  proof: PgBackRestProof;
  target: RestoreTarget;
  /** Its data, its server's socket and log, and what is kept from step to step. */
  folder: string;
  tablespaces: string;
  /** Whether it is kept in the end, and not thrown away. */
  stays: boolean;
  /** Where PostgreSQL's own programs are. */
  programs: string;
  signal: AbortSignal;
  onProgress: (bytes: number, totalBytes?: number) => void;
}

/** Restores the files: pgBackRest checks the hash of each. Answers what the archived log held then. @throws RunbookError BackupCorrupt. */
export async function restoreFiles(restore: ClusterRestore): Promise<ArchivedLog> {
  const { pgBackRest, proof, target, folder, tablespaces, signal, onProgress } = restore;
  await findBackup(pgBackRest, proof, signal);
  // A hole would end recovery early, and the server would start as if nothing were missing. A wanted time it insists on by itself.
  const log = await checkLog(pgBackRest, proof, { upTo: target === 'latest' ? 'newest' : 'backup', signal });
  const place = [`--pg1-path=${folder}/data`, `--lock-path=${folder}/lock`, `--tablespace-map-all=${tablespaces}`];
  // A configuration that reaches its cluster over the network would restore over it there.
  const here = ['--reset-pg1-host', (await isBegun(folder)) ? '--delta' : '--no-delta'];
  // The server is told of recovery when it is started: pgBackRest would write that into the cluster's own settings.
  await pgBackRest.run('restore', [...place, ...here, '--type=none', `--set=${proof.label}`], {
    signal,
    onLine: countFiles(onProgress),
  });
  await askForRecovery(restore);
  return log;
}

/** Whether pgBackRest has begun to restore into the folder, and can go on by comparing what is there: it asks for one of these itself. */
export async function isBegun(folder: string): Promise<boolean> {
  for (const name of ['backup.manifest', 'PG_VERSION'])
    if (await lstat(`${folder}/data/${name}`).catch(() => undefined)) return true;
  return false;
}

/** Older releases of pgBackRest make the file also with `--type=none`, newer ones do not. PostgreSQL takes it away at the end of recovery. */
async function askForRecovery({ folder, pgBackRest: { user } }: ClusterRestore): Promise<void> {
  const file = `${folder}/data/recovery.signal`;
  await writeFile(file, '', { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) await chown(file, user.uid, user.gid);
}

/** Starts the restored cluster's server where it does not run. @throws RunbookError BackupCorrupt for another cluster's files. */
export async function startRestored(restore: ClusterRestore): Promise<void> {
  const { pgBackRest, proof, target, folder, stays, programs, signal } = restore;
  const control = await readControlData(programs, `${folder}/data`, pgBackRest.user, signal);
  if (control.systemIdentifier !== proof.systemIdentifier)
    throw new RunbookError(
      'BackupCorrupt',
      `backup ${proof.label}: expected the cluster ${proof.systemIdentifier}, found ${control.systemIdentifier}`,
    );
  const restoreCommand = renderRestoreCommand(pgBackRest, folder);
  const server: ScratchServer = { folder, control, version: proof.serverVersion, restoreCommand, target, stays };
  await startScratchServer(programs, server, pgBackRest.user, signal);
}

/** In a server's settings "%" begins what it fills in; the rest is read by a shell. */
function renderRestoreCommand({ configuration, stanza }: PgBackRest, folder: string): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;
  const options = {
    config: configuration,
    stanza,
    'pg1-path': `${folder}/data`,
    'lock-path': `${folder}/lock`,
    'log-level-file': 'off',
    'log-level-console': 'off',
    'log-level-stderr': 'warn',
  };
  const parameters = Object.entries(options).map(([name, value]) => `--${name}=${quote(value)}`);
  return ['pgbackrest', ...parameters, '--no-archive-async', '--reset-pg1-host', 'archive-get', '%f', '"%p"'].join(' ');
}

/**
 * PostgreSQL takes a segment that cannot be had, or that is damaged, for the end of the log, and starts. So it is looked at how far it
 * came.
 * @throws RunbookError BackupCorrupt with the segment it should have read.
 */
export function checkReplayed(proof: PgBackRestProof, target: RestoreTarget, log: ArchivedLog, lsn: string): void {
  const where = `backup ${proof.label} of ${proof.name}`;
  if (isBefore(lsn, proof.stopLsn))
    throw new RunbookError('BackupCorrupt', `${where}: expected the log replayed to ${proof.stopLsn}, found ${lsn}`);
  if (target !== 'latest' || reaches(lsn, log.newest, log.segmentBytes)) return;
  throw new RunbookError(
    'BackupCorrupt',
    `archive/${proof.stanza}/${proof.archive}: expected the log replayed into ${log.newest}, its newest segment, found it ended at ${lsn}; a segment in between cannot be read`,
  );
}
