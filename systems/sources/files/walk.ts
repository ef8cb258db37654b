import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RunbookError } from '../../../core/errors.js';

/** What was found at a path; of a symbolic link itself, not of what it leads to. */
export interface FoundFile {
  path: string;
  stats: BigIntStats;
  /** Where a symbolic link leads. */
  target?: string;
}

/** Everything at and below a path, a folder before what is in it, by name. @throws RunbookError SourceFailed, Forbidden. */
export async function* walk(path: string): AsyncGenerator<FoundFile, void, void> {
  const stats = await orFailure(path, lstat(path, { bigint: true }));
  if (stats.isSymbolicLink()) {
    yield { path, stats, target: await orFailure(path, readlink(path)) };
    return;
  }
  yield { path, stats };
  if (!stats.isDirectory()) return;
  for (const name of (await orFailure(path, readdir(path))).sort()) yield* walk(join(path, name));
}

/** Files, folders and links have content; sockets, pipes and devices are made by programs. */
export function hasContent({ stats }: FoundFile): boolean {
  return stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
}

/** Seconds since 1970 with nine digits of a fraction, as pax writes them. */
export function modifiedAt({ mtimeNs }: BigIntStats): string {
  const digits = mtimeNs.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** What the answer of the file system means for a backup. */
export async function orFailure<T>(path: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw fileFailure(path, error);
  }
}

function fileFailure(path: string, error: unknown): RunbookError {
  if (error instanceof RunbookError) return error;
  const where = `file ${JSON.stringify(path)}`;
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return path.includes('\uFFFD')
      ? new RunbookError('SourceFailed', `${where}: expected a name in UTF-8, found other bytes; rename it`)
      : new RunbookError('SourceFailed', `${where}: expected it until it was read, found that it has vanished`);
  if (code === 'EACCES' || code === 'EPERM')
    return new RunbookError('Forbidden', `${where}: expected the right to read it; give it to the worker's account`);
  return new RunbookError('SourceFailed', `${where}: ${messageOf(error)}`);
}
