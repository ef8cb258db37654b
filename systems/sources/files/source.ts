import { lstat, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatBytes } from '../../../core/bytes.js';
import { RunbookError } from '../../../core/errors.js';
import type { FilesProof } from '../../../core/manifest.js';
import type { Sending, Source } from '../source.js';
import type { FileEntry } from './inventory.js';
import { packFiles } from './pack-files.js';
import { hasContent, walk } from './walk.js';

/** Files as a runbook names them. */
export interface FilesToBackUp {
  name: string;
  paths: string[];
}

// What programs show of themselves, and what was mounted for this worker alone.
const closed = ['/proc', '/sys', '/dev', '/run/secrets', '/var/run/secrets'];

/** Files and folders of this machine as a source; never those that hold the worker's own tokens. */
export function filesSource({ name, paths }: FilesToBackUp, tokenDirectory: string): Source {
  return {
    async check(signal) {
      const roots = await findRoots(paths, tokenDirectory);
      const lines: string[] = [];
      for (const root of roots) lines.push(describeCount(root, await count(root, signal)));
      return lines;
    },
    async backUp({ vault, signal, onProgress }: Sending) {
      const roots = await findRoots(paths, tokenDirectory);
      let total = 0;
      for (const root of roots) total += (await count(root, signal)).bytes;
      onProgress(0, total);
      const entries: FileEntry[] = [];
      const archive = await vault.seal(
        `files/${name}/archive.tar.zst.age`,
        packFiles(roots, { signal, onProgress, onEntry: (entry) => entries.push(entry) }),
        { signal },
      );
      const inventory = await vault.seal(`files/${name}/inventory.jsonl.zst.age`, linesOf(entries), { signal });
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      return [{ kind: 'files', name, archive, inventory, entries: entries.length, bytes } satisfies FilesProof];
    },
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream, as the vault takes it
async function* linesOf(entries: FileEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) yield Buffer.from(`${JSON.stringify(entry)}\n`);
}

/** The paths without those that lie below another one, by name. @throws RunbookError NotFound, Refused. */
async function findRoots(paths: string[], tokenDirectory: string): Promise<string[]> {
  const own = await realpath(tokenDirectory).catch(() => tokenDirectory);
  const roots: string[] = [];
  for (const path of [...new Set(paths.map((each) => resolve(each)))].sort()) {
    await checkRoot(path, [...closed, own]);
    if (!roots.some((root) => isWithin(path, root))) roots.push(path);
  }
  return roots;
}

async function checkRoot(path: string, forbidden: string[]): Promise<void> {
  const where = `path ${JSON.stringify(path)}`;
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) throw new RunbookError('NotFound', `${where}: expected a file or folder on the worker, found none`);
  const real = await realpath(path).catch(() => path);
  if (stats.isSymbolicLink())
    throw new RunbookError(
      'Refused',
      `${where}: expected a file or folder, found a link; name ${JSON.stringify(real)} instead`,
    );
  const kept = forbidden.find((each) => isWithin(real, each) || isWithin(each, real));
  if (kept !== undefined)
    throw new RunbookError(
      'Refused',
      `${where}: expected files of a service, found ${kept}, which is the worker's own; name what lies beside it`,
    );
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(join(folder, '/'));
}

interface Counted {
  entries: number;
  bytes: number;
  /** What has no content: sockets, pipes, devices. */
  left: number;
}

async function count(root: string, signal: AbortSignal): Promise<Counted> {
  let [entries, bytes, left] = [0, 0, 0];
  for await (const found of walk(root)) {
    signal.throwIfAborted();
    if (!hasContent(found)) left += 1;
    else {
      entries += 1;
      if (found.stats.isFile()) bytes += Number(found.stats.size);
    }
  }
  return { entries, bytes, left };
}

function describeCount(root: string, { entries, bytes, left }: Counted): string {
  const without = left > 0 ? `, without ${left} sockets, pipes or devices` : '';
  return `${root}: ${entries} entries, ${formatBytes(bytes)}${without}`;
}
