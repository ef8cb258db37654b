import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { messageOf, RunbookError } from '../../../core/errors.js';

const directoryOf = (major: number) => `/usr/lib/postgresql/${major}/bin`;

/** Where Debian keeps the programs of a server's own version; empty where only those on PATH are left. */
export function findProgramDirectory(serverVersion: number): string {
  const directory = directoryOf(Math.floor(serverVersion / 10_000));
  return existsSync(`${directory}/pg_dump`) ? directory : '';
}

/**
 * pg_dump of the server's own major version: an older one refuses, a newer one writes what the server cannot restore.
 * @throws RunbookError InvalidSettings with what to install.
 */
export async function checkProgramVersion(directory: string, serverVersion: number): Promise<string> {
  const major = Math.floor(serverVersion / 10_000);
  const next = `install postgresql-client-${major} on the worker`;
  let said: string;
  try {
    said = (await execa(directory === '' ? 'pg_dump' : `${directory}/pg_dump`, ['--version'], { timeout: 10_000 }))
      .stdout;
  } catch (error) {
    throw new RunbookError(
      'InvalidSettings',
      `pg_dump: expected version ${major}, found none (${messageOf(error)}); ${next}`,
    );
  }
  const found = Number(/(\d+)(\.\d+)?/.exec(said)?.[1]);
  if (found === major) return said;
  throw new RunbookError(
    'InvalidSettings',
    `pg_dump: expected version ${major} as the server, found ${found}; ${next}`,
  );
}
