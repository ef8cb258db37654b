import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { RunbookError } from '../../../core/errors.js';
import type { ArchivePart, PostgresProof } from '../../../core/manifest.js';
import { type ArchiveContents, type ArchiveEntry, readContents } from './archive.js';
import type { Restoring } from '../source.js';
import { BlockReader, endOfRows } from './blocks.js';
import { applySettings } from './database-settings.js';
import type { Launch } from './launch.js';
import { openRowSession, type RowSession } from './row-session.js';
import { quoteName, Session } from './session.js';

/** One database on its way back. */
export interface PostgresRestore extends Restoring {
  launch: Launch;
  /** Its new name: to restore, of none that exists; to compare, of what was restored. */
  database: string;
  proof: PostgresProof;
}

/**
 * Restores a database under a new name: its objects, then the rows by several connections, then indexes and constraints; at the end
 * its owner, settings and privileges.
 * @throws RunbookError Conflict when there is such a database, SourceFailed, BackupCorrupt, and what the vault throws.
 */
export async function restoreDatabase(restore: PostgresRestore): Promise<void> {
  const { proof, vault, signal } = restore;
  const head = await collect(vault.open(proof.contents, { signal }));
  const contents = readContents(head);
  if (!contents) throw new RunbookError('BackupCorrupt', `${proof.contents.key}: the table of contents has no end`);
  await createDatabase(restore, contents);
  // The table of contents holds no rows, so it is small, and pg_restore can jump to and fro in it.
  const folder = await mkdtemp(join(tmpdir(), 'runbook-restore-'));
  try {
    const file = join(folder, 'contents');
    await writeFile(file, head, { mode: 0o600 });
    const list = async (name: string, entries: ArchiveEntry[]) => {
      const path = join(folder, name);
      await writeFile(path, entries.map(({ dumpId }) => `${dumpId};\n`).join(''));
      return path;
    };
    const job = (...parameters: string[]) => runToEnd(restore, ['--exit-on-error', ...parameters, file]);
    await job('--section=pre-data');
    await restoreRows(restore, contents, head, (entries) => list('large-objects', entries));
    const sequences = contents.entries.filter(({ what }) => what === 'SEQUENCE SET');
    if (sequences.length > 0) await job('--section=data', '-L', await list('sequences', sequences));
    await job('--section=post-data', `--jobs=${restore.streams}`);
    // Last: a setting such as default_transaction_read_only would keep the rows out.
    await applySettings(restore.launch, contents, restore.database);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function createDatabase({ launch, database }: PostgresRestore, { entries }: ArchiveContents): Promise<void> {
  const written = entries.find(({ what }) => what === 'DATABASE')?.definition ?? '';
  const latin = written.slice(written.lastIndexOf(' WITH TEMPLATE = template0')).trimEnd().replace(/;$/, '');
  const options = Buffer.from(latin, 'latin1').toString('utf8');
  const session = await Session.open(launch, 'postgres');
  try {
    await session.run(`create database ${quoteName(database)}${options}`);
  } finally {
    await session.close();
  }
}

async function restoreRows(
  restore: PostgresRestore,
  contents: ArchiveContents,
  head: Buffer,
  listEntries: (entries: ArchiveEntry[]) => Promise<string>,
): Promise<void> {
  const { launch, database, proof, streams, signal } = restore;
  const byDumpId = new Map(contents.entries.map((entry) => [entry.dumpId, entry]));
  const waiting = [...proof.parts];
  const failed = new AbortController();
  const stream = async () => {
    const session = await openRowSession(launch, database);
    try {
      for (let part = waiting.shift(); part && !failed.signal.aborted; part = waiting.shift()) {
        signal.throwIfAborted();
        const entry = byDumpId.get(part.dumpId);
        if (entry?.what === 'TABLE DATA') await restorePart(restore, part, byDumpId, session, contents);
        else await restoreLargeObjects(restore, part, head, await listEntries(entry ? [entry] : []));
      }
    } catch (error) {
      failed.abort(error);
    } finally {
      await session.close();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(streams, waiting.length)) }, stream));
  if (failed.signal.aborted) throw failed.signal.reason;
}

async function restorePart(
  { vault, signal, onProgress }: PostgresRestore,
  part: ArchivePart,
  byDumpId: Map<number, ArchiveEntry>,
  session: RowSession,
  { format }: ArchiveContents,
): Promise<void> {
  const blocks = new BlockReader(vault.open(part, { signal }), format);
  for (let first = true; ; first = false) {
    const dumpId = first && part.continues ? part.dumpId : (await blocks.open())?.dumpId;
    if (dumpId === undefined) return;
    const entry = byDumpId.get(dumpId);
    if (!entry) throw new RunbookError('BackupCorrupt', `${part.key}: block ${dumpId} is not in the table of contents`);
    await session.copyIn(
      Buffer.from(entry.copyStatement.trim().replace(/;$/, ''), 'latin1'),
      rowsOf(blocks, onProgress),
    );
  }
}

async function* rowsOf(blocks: BlockReader, onProgress: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of blocks.chunks()) {
    // The archive's own mark of the end is not a row.
    if (chunk.equals(endOfRows)) continue;
    onProgress(chunk.length);
    yield chunk;
  }
}

async function restoreLargeObjects(
  restore: PostgresRestore,
  part: ArchivePart,
  head: Buffer,
  list: string,
): Promise<void> {
  const { launch, database, vault, signal } = restore;
  const parameters = ['--exit-on-error', '--section=data', '-L', list, '-d', database];
  const program = launch({ name: 'pg_restore', parameters, database });
  const archive = async function* () {
    yield head;
    yield* vault.open(part, { signal });
  };
  program.stdout.resume();
  await Promise.all([pipeline(Readable.from(archive(), { objectMode: false }), program.stdin), program.ended]);
}

async function runToEnd({ launch, database }: PostgresRestore, parameters: string[]): Promise<void> {
  const program = launch({
    name: 'pg_restore',
    parameters: [...parameters.slice(0, -1), '-d', database, parameters.at(-1) as string],
    database,
  });
  program.stdin.end();
  program.stdout.resume();
  await Promise.all([finished(program.stdout), program.ended]);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
