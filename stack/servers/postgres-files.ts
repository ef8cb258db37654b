import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Owner } from '../owner.js';
import { StackError } from '../stack-error.js';
import { writeAtomically } from '../write-file.js';

/** PostgreSQL refuses to run as root: then it is given Debian's own user for it, or whoever owns least. */
export async function findPostgresOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user)
    throw new StackError('postgresql: expected a user "postgres" or "nobody" in /etc/passwd, found neither; add one');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Gives files to the owner; nothing when that is whoever made them. */
export async function giveTo(owner: Owner, ...paths: string[]): Promise<void> {
  const { uid, gid } = owner;
  if (uid === undefined || gid === undefined) return;
  await Promise.all(paths.map((path) => chown(path, uid, gid)));
}

/**
 * Makes a private directory with an empty cluster in `data`, and says who owns it. Over TCP a password is asked for; over the
 * socket none is, for who may open the directory may read the data anyway.
 */
export async function createPostgresFiles(
  directory: string,
  { programs, superuser, password }: { programs: string; superuser: string; password: string },
): Promise<{ data: string; owner: Owner }> {
  const owner = await findPostgresOwner();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const passwordFile = join(directory, 'password');
  await writeAtomically(passwordFile, password, 0o600);
  await giveTo(owner, directory, passwordFile);
  const data = join(directory, 'data');
  const access = [`--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth-host=scram-sha-256'];
  const shape = ['--auth-local=trust', '--encoding=UTF8', '--no-locale', '--data-checksums'];
  await execa(join(programs, 'initdb'), ['-D', data, '--no-sync', ...access, ...shape], {
    ...owner,
    cwd: directory,
    timeout: 120_000,
  });
  await rm(passwordFile);
  return { data, owner };
}

/** Whether the server of this cluster takes connections. The file is described in https://www.postgresql.org/docs/current/storage-file-layout.html */
export async function isPostgresReady(data: string): Promise<boolean> {
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => ''); // not written yet
  return file.split('\n')[7]?.trim() === 'ready';
}
