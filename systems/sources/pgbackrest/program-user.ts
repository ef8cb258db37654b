import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { RunbookError } from '../../../core/errors.js';

/** Whom programs are run as: nobody else than the worker itself, or, where that is root, the owner of the configuration. */
export interface ProgramUser {
  uid?: number;
  gid?: number;
  name: string;
}

/**
 * PostgreSQL refuses to run as root, and pgBackRest's files must stay PostgreSQL's own: a worker that is root runs both as the owner
 * of pgBackRest's configuration, who has its keys anyway.
 * @throws RunbookError InvalidSettings where that is root too.
 */
export async function findProgramUser(file: string, configuration: string): Promise<ProgramUser> {
  if (process.getuid?.() !== 0) return { name: userInfo().username };
  const { uid, gid } = await stat(configuration);
  if (uid === 0)
    throw new RunbookError(
      'InvalidSettings',
      `token file ${file}: expected it to belong to PostgreSQL's user, for the worker is root, found root's; chown it`,
    );
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  return { uid, gid, name: lines.find(([, , id]) => Number(id) === uid)?.[0] ?? String(uid) };
}
