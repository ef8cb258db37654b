import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StackError } from '../stack-error.js';

// Debian keeps runc, nft and nginx where the PATH of a plain user does not look.
const systemDirectories = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** The absolute path of a program on PATH or in the system's own directories; undefined if there is none. */
export function findExecutable(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...systemDirectories];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** The binary that RUNBOOK_<NAME>_BINARY names; a wrong path is an error, for whoever set it wants that one and no other. */
export function findNamedBinary(name: string): string | undefined {
  const variable = `RUNBOOK_${name.toUpperCase().replaceAll('-', '_')}_BINARY`;
  const path = process.env[variable];
  if (path === undefined || path === '') return undefined;
  if (!isExecutable(path))
    throw new StackError(`${variable}=${path}: no executable file there; correct it or unset it`);
  return path;
}

/** Whether the path is a file that may be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // absent or forbidden: not executable either way
  }
}
