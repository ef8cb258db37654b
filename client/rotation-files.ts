import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { RunbookError } from '../core/errors.js';
import { problemOfCredentials } from '../runbooks/credentials.js';
import type { Rotate } from '../runbooks/rotate.js';
import { readRunbook, type CheckedRunbook, type ValueSources } from './runbook-file.js';

/** Rotation runbooks of one or more files, each credential once. */
export interface CheckedRotations extends Omit<CheckedRunbook, 'runbook'> {
  runbooks: Rotate[];
}

/**
 * Reads rotations: of their own files, of inventories, and of every such file of a folder.
 * @throws InvalidRunbook with every problem of a file; RunbookError InvalidRequest for another kind, or where there is none.
 */
export async function readRotations(paths: readonly string[], sources: ValueSources): Promise<CheckedRotations> {
  const files = (await Promise.all(paths.map(listFiles))).flat();
  const found = new Map<string, Rotate>();
  let rules: Omit<CheckedRunbook, 'runbook'> = {};
  for (const file of files) {
    const { runbook, ...rest } = await readRunbook(file, sources);
    rules = { ...rules, ...rest };
    if (runbook.kind !== 'rotate' && runbook.kind !== 'credentials') throw strange(file, runbook.kind);
    for (const each of runbook.kind === 'rotate' ? [runbook] : runbook.credentials)
      found.set(`${each.environment}/${each.credential}`, each);
  }
  if (found.size > 0) return { ...rules, runbooks: [...found.values()] };
  throw new RunbookError('InvalidRequest', `${paths.join(', ')}: expected runbooks of kind rotate, found none`);
}

/** The same, of one environment. @throws RunbookError InvalidRequest where there are more. */
export async function readRotationsOfOne(paths: readonly string[], sources: ValueSources): Promise<CheckedRotations> {
  const checked = await readRotations(paths, sources);
  const problem = problemOfCredentials(checked.runbooks[0]?.environment ?? '', checked.runbooks);
  if (problem === undefined) return checked;
  throw new RunbookError('InvalidRequest', `${paths.join(', ')}: ${problem}; name one by --environment`);
}

function strange(file: string, kind: string): RunbookError {
  return new RunbookError('InvalidRequest', `${file}: expected a runbook of kind rotate or credentials, found ${kind}`);
}

/** A file as it is named; of a folder those that are about credentials. */
async function listFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const files = names.map((name) => join(path, name));
  const kinds = await Promise.all(files.map(async (file) => parseDocument(await readFile(file, 'utf8')).get('kind')));
  return files.filter((_, index) => kinds[index] === 'rotate' || kinds[index] === 'credentials');
}
