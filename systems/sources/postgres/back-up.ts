import { RunbookError } from '../../../core/errors.js';
import type { ArchivePart, PostgresProof, SealedObject, TableProof } from '../../../core/manifest.js';
import type { Vault } from '../../vault/vault.js';
import { asStream } from '../../vault/whole-object.js';
import { digestSchema } from './archive.js';
import { openDump, type OpenedDump } from './contents.js';
import type { Launch } from './launch.js';
import { type DumpedTable, type Part, planParts, readTables } from './parts.js';
import { RowHash } from './row-hash.js';
import { openRowSession } from './row-session.js';
import { sendPart, type SentPart } from './send-part.js';
import { Session } from './session.js';
import { releaseSnapshot, type Snapshot, takeSnapshot } from './snapshot.js';
import type { EarlierDump } from './unchanged.js';

/** What a worker that takes over needs to go on in the same snapshot. Grows by a line a part. */
export interface DumpProgress {
  snapshot: Snapshot;
  contents: SealedObject;
  tables: DumpedTable[];
  parts: Part[];
  sent: Record<number, SentRecord>;
}

interface SentRecord {
  object: SentPart['object'];
  rows: Array<{ dumpId: number; hash: ReturnType<RowHash['save']> }>;
}

export interface PostgresBackup {
  name: string;
  launch: Launch;
  database: string;
  vault: Vault;
  /** How many parts are read and sent side by side. */
  streams: number;
  signal: AbortSignal;
  /** What a worker before this one has left. */
  resume?: DumpProgress | undefined;
  earlier?: EarlierDump | undefined;
  /** Told when more bytes were read, and when a part is stored. */
  onProgress: (readBytes: number, progress: DumpProgress) => void;
}

/**
 * Backs up one database: several connections read parts of it in one exported snapshot, side by side, and nothing touches a disk.
 * @throws RunbookError SourceFailed, Forbidden, SystemUnreachable; and what the vault throws.
 */
export async function backUpDatabase(backup: PostgresBackup): Promise<PostgresProof> {
  const { launch, database } = backup;
  const held = await stillHeld(backup);
  const snapshot = held?.snapshot ?? (await takeSnapshot(launch, database)).snapshot;
  // Open until the last row is read: its locks keep the tables as the snapshot has them.
  const dump = await openDump(launch, database, snapshot.id);
  try {
    const progress = held ?? (await begin(backup, snapshot, dump));
    await sendAll(backup, progress, dump);
    return describe(backup, progress, dump);
  } finally {
    await dump.close();
    // Where this fails the snapshot's lease ends it.
    if (!backup.signal.aborted) await releaseSnapshot(launch, database, snapshot).catch(() => undefined);
  }
}

/** What was begun goes on only in its own snapshot; when that is gone, so is the use of all that was sent. */
async function stillHeld({ launch, database, resume }: PostgresBackup): Promise<DumpProgress | undefined> {
  if (!resume) return undefined;
  try {
    await (await Session.open(launch, database, resume.snapshot.id)).close();
    return resume;
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'Refused') return undefined;
    throw error;
  }
}

async function begin(
  backup: PostgresBackup,
  snapshot: Snapshot,
  { contents, head }: OpenedDump,
): Promise<DumpProgress> {
  const { launch, database, vault, name } = backup;
  const session = await Session.open(launch, database, snapshot.id);
  try {
    await session.run("set client_encoding = 'UTF8'");
    const tables = await readTables(session, contents.entries);
    const version = Number(await session.run("select current_setting('server_version_num')"));
    const parts = planParts(tables, contents.entries, version, backup.earlier?.proof.parts);
    const stored = await vault.seal(`${folderOf(name, database)}/000000.zst.age`, asStream(head));
    return { snapshot, contents: stored, tables, parts, sent: {} };
  } finally {
    await session.close();
  }
}

async function sendAll(backup: PostgresBackup, progress: DumpProgress, dump: OpenedDump): Promise<void> {
  const { launch, database, vault, signal, name, onProgress } = backup;
  const { parts, sent, snapshot } = progress;
  const waiting = parts.map((part, at) => ({ part, at })).filter(({ at }) => sent[at] === undefined);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const stream = async () => {
    const session = await openRowSession(launch, database, snapshot.id);
    try {
      for (let next = waiting.shift(); next && !stop.aborted; next = waiting.shift()) {
        const { object, rows } = await sendPart(next.part, {
          ...{ launch, database, snapshot: snapshot.id, session, vault, signal: stop, earlier: backup.earlier },
          format: dump.contents.format,
          key: `${folderOf(name, database)}/${String(next.at + 1).padStart(6, '0')}.zst.age`,
          onProgress: (bytes) => onProgress(bytes, progress),
        });
        sent[next.at] = { object, rows: rows.map(({ dumpId, hash }) => ({ dumpId, hash: hash.save() })) };
        onProgress(0, progress);
      }
    } catch (error) {
      failed.abort(error);
      throw error;
    } finally {
      await session.close();
    }
  };
  const streams = Array.from({ length: Math.max(1, Math.min(backup.streams, waiting.length)) }, stream);
  await Promise.allSettled(streams);
  signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}

function describe({ name, database }: PostgresBackup, progress: DumpProgress, { contents }: OpenedDump): PostgresProof {
  const { snapshot, tables, parts, sent } = progress;
  const hashes = new Map(tables.map(({ dumpId }) => [dumpId, new RowHash()]));
  const stored = parts.map((_, at) => sent[at] as SentRecord);
  for (const { rows } of stored) for (const { dumpId, hash } of rows) hashes.get(dumpId)?.add(RowHash.restore(hash));
  return {
    kind: 'postgres',
    name,
    database,
    systemIdentifier: snapshot.systemIdentifier,
    serverVersion: contents.serverVersion,
    dumpVersion: contents.dumpVersion,
    lsn: snapshot.lsn,
    snapshotAt: snapshot.at,
    oldestTransaction: snapshot.oldestTransaction,
    catalogue: digestSchema(contents),
    contents: progress.contents,
    parts: stored.map(({ object, rows }, at) => ({ ...object, ...describeStretches(parts[at], rows) })),
    tables: tables.map(({ dumpId, schema, name: table }): TableProof => {
      const hash = hashes.get(dumpId) as RowHash;
      return { dumpId, schema, name: table, rows: hash.rows, hash: hash.digest() };
    }),
  };
}

function describeStretches(part: Part | undefined, rows: SentRecord['rows']): Pick<ArchivePart, 'stretches'> {
  if (!part || !('stretches' in part)) return {};
  const stretches = part.stretches.map(({ dumpId, from, to }, at) => {
    const hash = RowHash.restore((rows[at] as SentRecord['rows'][number]).hash);
    const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    return { dumpId, ...range, rows: hash.rows, hash: hash.digest() };
  });
  return { stretches };
}

/** Databases may have any name; keys keep to what every store and shell takes. */
function folderOf(name: string, database: string): string {
  return `postgres/${name}/${encodeURIComponent(database).replaceAll('%', '~')}`;
}
