import { readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { RunbookError } from '../../core/errors.js';
import { InvalidRunbook } from '../../runbooks/problems.js';
import { readRunbook, type CheckedRunbook } from '../runbook-file.js';

/** What somebody asks to be run: a file of the server's folder, and values for what its environment leaves open. */
export interface RunbookRequest {
  runbook: string;
  environment?: string | undefined;
  values: Record<string, string>;
}

/**
 * Reads a runbook of the server's own folder. Callers name it and cannot send one: the gate comes from the environment's file beside
 * it, and so does every value that is the environment's.
 * @throws RunbookError NotFound; InvalidRunbook with every problem, by the names that callers know.
 */
export async function readFromFolder(
  folder: string,
  { runbook, environment, values }: RunbookRequest,
): Promise<CheckedRunbook> {
  const file = await findInFolder(folder, runbook);
  try {
    return await readRunbook(file, {
      ...(environment !== undefined && { environment }),
      set: new Map(Object.entries(values)),
      // Nothing of the server's own environment gets into a runbook.
      process: {},
      fillsOnly: true,
    });
  } catch (error) {
    if (!(error instanceof InvalidRunbook)) throw error;
    // Where on its machine a server keeps them is nobody's business.
    throw new InvalidRunbook(error.problems.map((problem) => ({ ...problem, file: relative(folder, problem.file) })));
  }
}

async function findInFolder(folder: string, name: string): Promise<string> {
  const unknown = (found: string) =>
    new RunbookError(
      'NotFound',
      `runbook: expected a file of the server’s folder, as "shop/deploy.yaml", found ${found}; see /v1/runbooks`,
    );
  if (isAbsolute(name) || !/\.ya?ml$/.test(name)) throw unknown(JSON.stringify(name));
  const wanted = await realpath(join(folder, name)).catch(() => undefined);
  if (wanted === undefined) throw unknown(`no "${name}"`);
  const inside = relative(await realpath(folder), wanted);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw unknown('one outside of it');
  return join(folder, inside);
}

/** Files and folders that are looked through at most: a folder with more is not one of runbooks. */
const mostFiles = 2000;

/** The names of every YAML file of the folder, but for those of environments. */
export async function listFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .slice(0, mostFiles)
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !name.split(sep).includes('environments'))
    .sort();
}
