import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RunbookError } from '../../../core/errors.js';
import type { ProgramUser } from './program-user.js';
import { runProgram } from './run-program.js';

/** Where the server of a major version is on this machine: as Debian or Red Hat keep it, or on PATH. @throws RunbookError InvalidSettings. */
export async function findServerPrograms(version: string, user: ProgramUser, signal: AbortSignal): Promise<string> {
  const usual = [`/usr/lib/postgresql/${version}/bin`, `/usr/pgsql-${version}/bin`];
  const found: string[] = [];
  for (const directory of [...usual, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    const program = join(directory, 'postgres');
    if (directory === '' || !existsSync(program)) continue;
    const { stdout } = await runProgram({ program, parameters: ['--version'], user, signal, mostSeconds: 30 });
    const major = /\s(9\.\d+|\d+)/.exec(stdout)?.[1];
    if (major === version) return directory;
    found.push(major ?? stdout.trim());
  }
  throw new RunbookError(
    'InvalidSettings',
    `postgres: expected version ${version} on the worker, found ${found.length === 0 ? 'none' : `only ${found.join(', ')}`}; install postgresql-${version}`,
  );
}
