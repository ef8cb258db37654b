import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { RunbookError } from '../core/errors.js';

/** Where a mounted Secret with tokens lies unless RUNBOOK_TOKEN_DIRECTORY says otherwise. */
const usualDirectory = '/run/secrets/runbooks';

/** The folder of tokens. */
export function findTokenDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['RUNBOOK_TOKEN_DIRECTORY'] || usualDirectory;
}

/**
 * The real path of a token's file below the worker's directory of tokens. Whoever writes a runbook must not make the worker
 * send any other file of its machine to an address of theirs.
 * @throws RunbookError InvalidSettings.
 */
export async function findTokenFile(directory: string, file: string): Promise<string> {
  const wanted = isAbsolute(file) ? file : join(directory, file);
  const where = `token file ${file}`;
  const next = 'put it there on the worker, or set RUNBOOK_TOKEN_DIRECTORY';
  let found: string;
  let home: string;
  try {
    [found, home] = await Promise.all([realpath(wanted), realpath(directory)]);
  } catch {
    throw new RunbookError('InvalidSettings', `${where}: expected a file in ${directory}, found none; ${next}`);
  }
  const inside = relative(home, found);
  // "..data" is where a mounted Secret's links lead, and inside.
  if (!['', '..'].includes(inside) && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return found;
  throw new RunbookError('InvalidSettings', `${where}: expected a file in ${directory}, found one elsewhere; ${next}`);
}

/**
 * Reads a token: the one line of its file.
 * @throws RunbookError InvalidSettings.
 */
export async function readToken(directory: string, file: string): Promise<string> {
  const path = await findTokenFile(directory, file);
  const text = await readFile(path, 'utf8').catch(() => '');
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new RunbookError(
    'InvalidSettings',
    `token file ${file}: expected one token of printable characters, found ${token === '' ? 'nothing readable' : 'something else'}`,
  );
}

/**
 * Reads a file of several lines, as PEM or JSON.
 * @throws RunbookError InvalidSettings.
 */
export async function readTokenText(directory: string, file: string): Promise<string> {
  const path = await findTokenFile(directory, file);
  return readFile(path, 'utf8').catch(() => {
    throw new RunbookError('InvalidSettings', `token file ${file}: expected a readable file; check its rights`);
  });
}
