import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RunbookError } from '../../../core/errors.js';
import type { FilesProof } from '../../../core/manifest.js';
import { readLines } from '../read-lines.js';
import type { Restoring, Scratch } from '../source.js';
import { describeFile, differenceOf, type FileEntry } from './inventory.js';
import { readFile } from './read-file.js';
import { walk } from './walk.js';

const saidBytes = 2000;

/** A folder of its own below `parent`, for one drill: its name says so, and what has another name is never removed. */
export function scratchFolder(parent: string, proof: FilesProof, run: string): Scratch & { folder: string } {
  const folder = join(parent, `drill-${run}-${proof.name}`);
  return {
    folder,
    async prepare() {
      const found = await lstat(parent).catch(() => undefined);
      if (!found?.isDirectory())
        throw new RunbookError('InvalidSettings', `into.files: expected a folder ${parent} on the worker, found none`);
      await remove(folder);
      await mkdir(folder, { mode: 0o700 });
    },
    restore: (restoring) => unpack(proof, folder, restoring),
    compare: (restoring) => compareFiles(proof, folder, restoring),
    remove: () => remove(folder),
  };
}

async function remove(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (!found) return;
  // Folders may have come back without the right to change them.
  for await (const { path, stats } of walk(folder)) if (stats.isDirectory()) await chmod(path, 0o700);
  await rm(folder, { recursive: true, force: true });
  if (await lstat(folder).catch(() => undefined))
    throw new RunbookError('ReadBackFailed', `folder ${folder}: expected it gone, found it`);
}

/** By the very command that a person would type: what a drill proves is what they would get. */
async function unpack(proof: FilesProof, folder: string, { vault, signal, onProgress }: Restoring): Promise<void> {
  const parameters = ['--extract', '--file=-', `--directory=${folder}`, '--preserve-permissions', '--numeric-owner'];
  const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  const tar = spawn('tar', parameters, { stdio: ['pipe', 'ignore', 'pipe'], env: environment });
  let said = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-saidBytes)));
  const ended = once(tar, 'close') as Promise<[number | null, string | null]>;
  ended.catch(() => undefined);
  const counted = async function* () {
    for await (const chunk of vault.open(proof.archive, { signal })) {
      onProgress(chunk.length);
      yield chunk;
    }
  };
  let failure: unknown;
  await pipeline(Readable.from(counted(), { objectMode: false }), tar.stdin).catch((error: unknown) => {
    failure = error;
    tar.kill('SIGTERM');
  });
  const [exitCode, killed] = await ended.catch((error: unknown) => {
    throw new RunbookError('InvalidSettings', `tar: expected it on the worker, found ${String(error)}; install it`);
  });
  // A tar that ends early breaks the stream: then its own words say why.
  const broken = (failure as { code?: unknown } | undefined)?.code === 'EPIPE';
  if (failure !== undefined && !broken) throw failure as Error;
  if (exitCode === 0 && failure === undefined) return;
  throw new RunbookError('BackupCorrupt', `tar of ${proof.archive.key}: ${killed ?? `exit code ${exitCode}`}: ${said}`);
}

async function compareFiles(proof: FilesProof, folder: string, restoring: Restoring): Promise<string[]> {
  const { vault, signal, onProgress } = restoring;
  const wanted = new Map<string, FileEntry>();
  for await (const line of readLines(vault.open(proof.inventory, { signal }))) {
    const entry = JSON.parse(line) as FileEntry;
    wanted.set(entry.path, entry);
  }
  const above = new Set([...wanted.keys()].flatMap(foldersAbove));
  const differences: string[] = [];
  for await (const found of walk(folder)) {
    signal.throwIfAborted();
    const path = found.path.slice(folder.length + 1);
    const entry = wanted.get(path);
    wanted.delete(path);
    if (entry) {
      const hash = found.stats.isFile() ? await hashOf(readFile(found), onProgress) : '';
      const difference = differenceOf(entry, describeFile(found, path, hash));
      if (difference !== undefined) differences.push(difference);
    } else if (path !== '' && !above.has(path)) differences.push(`${JSON.stringify(path)}: was not in the backup`);
  }
  return [...differences, ...[...wanted.keys()].map((path) => `${JSON.stringify(path)}: is missing`)];
}

/** The folders that tar makes because something is in them. */
function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
}

async function hashOf(chunks: AsyncGenerator<Buffer, string>, onProgress: (bytes: number) => void): Promise<string> {
  for (;;) {
    const next = await chunks.next();
    if (next.done) return next.value;
    onProgress(next.value.length);
  }
}
