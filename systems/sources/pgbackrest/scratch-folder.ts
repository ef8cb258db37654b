import { chown, lstat, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunbookError } from '../../../core/errors.js';
import type { ProgramUser } from './program-user.js';
import { endLeftPrograms } from './left-programs.js';
import { findServer, stopScratchServer } from './scratch-server.js';

// A Unix socket's path has 107 bytes on Linux; this is the longest name of a file there: that of the socket's lock.
const mostBytes = 107 - '/.s.PGSQL.5432.lock'.length;

/** What the restored server is told by files; the rest goes by its command line. Nobody else gets into the folder. */
const files = { 'postgresql.conf': '', 'pg_ident.conf': '', 'pg_hba.conf': 'local all all trust\n' };

/** Makes the folder of a restored cluster. @throws RunbookError InvalidSettings, Refused within a cluster of somebody's. */
export async function makeFolder(parent: string, folder: string, { uid, gid }: ProgramUser): Promise<void> {
  await checkParent(parent, folder);
  const paths = ['', 'data', 'lock', 'tablespaces'].map((name) => join(folder, name));
  for (const path of paths) await mkdir(path, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    paths.push(join(folder, name));
  }
  if (uid !== undefined && gid !== undefined) for (const path of paths) await chown(path, uid, gid);
}

/** @throws RunbookError InvalidSettings, Refused where a folder of this name cannot be made. */
export async function checkParent(parent: string, folder: string): Promise<void> {
  const found = await realpath(parent).catch(() => undefined);
  if (found === undefined)
    throw new RunbookError('InvalidSettings', `into.pgbackrest: expected a folder ${parent} on the worker, found none`);
  if (Buffer.byteLength(folder) > mostBytes)
    throw new RunbookError(
      'InvalidSettings',
      `into.pgbackrest: expected a path with which a socket's has ${mostBytes} bytes at most, found ${folder}; choose a shorter one`,
    );
  await refuseClusters(found);
}

/** A cluster's own folders have this file: https://www.postgresql.org/docs/current/storage-file-layout.html */
async function refuseClusters(path: string): Promise<void> {
  for (let above = path; ; above = dirname(above)) {
    if (await lstat(join(above, 'PG_VERSION')).catch(() => undefined))
      throw new RunbookError(
        'Refused',
        `into.pgbackrest: expected a folder of its own, found ${above}, a PostgreSQL cluster`,
      );
    if (above === dirname(above)) return;
  }
}

/** Ends whoever is at work in a folder: the server of its cluster, and what a worker that was killed has left. */
export async function endAllIn(folder: string): Promise<void> {
  if (await findServer(folder)) await stopScratchServer(folder, 'immediate');
  await endLeftPrograms(folder);
}

/** Ends the server of a restored cluster and takes its folder away. @throws RunbookError ReadBackFailed. */
export async function removeFolder(folder: string): Promise<void> {
  await endAllIn(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  if (await lstat(folder).catch(() => undefined))
    throw new RunbookError('ReadBackFailed', `folder ${folder}: expected it gone, found it`);
}
