import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Say } from '../progress.js';
import { StackError } from '../stack-error.js';
import { installPackages } from './debian.js';
import { findExecutable, findNamedBinary, isExecutable } from './find-executable.js';

const debianDirectory = '/usr/lib/postgresql';

/** Debian keeps the server's programs of each version in a directory of their own, outside of PATH. */
function debianPrograms(): string[] {
  try {
    return readdirSync(debianDirectory)
      .sort((one, other) => Number(other) - Number(one))
      .map((version) => join(debianDirectory, version, 'bin'));
  } catch {
    return []; // no such package here
  }
}

/** The directory with `postgres` and `initdb` on this machine; undefined if there is none. */
export function findPostgres(): string | undefined {
  const named = findNamedBinary('postgres') ?? findExecutable('postgres');
  // A link to it stands alone; the other programs of its version are where it leads.
  return [...(named === undefined ? [] : [dirname(realpathSync(named))]), ...debianPrograms()].find((directory) =>
    ['postgres', 'initdb'].every((program) => isExecutable(join(directory, program))),
  );
}

/** The directory with `postgres` and `initdb`: that of RUNBOOK_POSTGRES_BINARY, on PATH, or Debian's package. */
export async function obtainPostgres(say: Say, signal?: AbortSignal): Promise<string> {
  const isThere = () => findPostgres() !== undefined;
  await installPackages('postgresql', [{ package: 'postgresql', isThere }], say, signal);
  const found = findPostgres();
  if (found === undefined)
    throw new StackError(
      `postgresql: expected initdb beside postgres in ${debianDirectory}/VERSION/bin or on PATH, found none; set RUNBOOK_POSTGRES_BINARY`,
    );
  return found;
}
