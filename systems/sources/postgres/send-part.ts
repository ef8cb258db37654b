import type { ArchivePart } from '../../../core/manifest.js';
import type { Vault } from '../../vault/vault.js';
import { endOfRows, lengthOf, openLargeObjects, openRows } from './blocks.js';
import type { Format } from './byte-reader.js';
import { openDump } from './contents.js';
import type { Launch } from './launch.js';
import { makeCopy, type Part, type Stretch } from './parts.js';
import { RowHash } from './row-hash.js';
import type { RowSession } from './row-session.js';
import { type EarlierDump, findLike, readUnchanged } from './unchanged.js';

/** A part that lies in the store, and the rows of each stretch of it. */
export interface SentPart {
  object: ArchivePart;
  rows: Array<{ dumpId: number; hash: RowHash }>;
}

interface Sending {
  launch: Launch;
  database: string;
  snapshot: string;
  session: RowSession;
  vault: Vault;
  key: string;
  format: Format;
  earlier: EarlierDump | undefined;
  signal: AbortSignal;
  onProgress: (bytes: number) => void;
}

// A length is a write of its own to the next program: not one for every few rows.
const blockBytes = 512 * 1024;

/** Reads one part in the dump's snapshot, and stores it; or names what an earlier backup has stored, where nothing has changed. */
export async function sendPart(part: Part, sending: Sending): Promise<SentPart> {
  const { vault, key, signal, session, earlier } = sending;
  const store = (plain: AsyncIterable<Uint8Array>) => vault.seal(key, plain, { signal });
  if ('largeObjects' in part) {
    const object = await store(largeObjects(part.largeObjects, sending));
    return { object: { ...object, dumpId: part.largeObjects }, rows: [] };
  }
  const like = earlier && findLike(part, earlier);
  const unchanged = like && (await readUnchanged(part.stretches, like, earlier, sending));
  if (unchanged) return unchanged;
  const rows = part.stretches.map(({ dumpId }) => ({ dumpId, hash: new RowHash() }));
  const blocks = async function* () {
    for (const [at, stretch] of part.stretches.entries())
      yield* frame(stretch, session.streamMade(makeCopy(stretch)), (rows[at] as (typeof rows)[number]).hash, sending);
  };
  const object = await store(blocks());
  const [{ dumpId, from }] = part.stretches as [Stretch];
  return { object: { ...object, dumpId, ...(from !== undefined && { continues: true as const }) }, rows };
}

async function* frame(
  { dumpId, from, to }: Stretch,
  rows: AsyncIterable<Buffer>,
  hash: RowHash,
  { format, onProgress }: Sending,
): AsyncGenerator<Buffer> {
  if (from === undefined) yield openRows(dumpId, format);
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of rows) {
    hash.update(chunk);
    onProgress(chunk.length);
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < blockBytes) continue;
    yield lengthOf(heldBytes, format);
    yield* held;
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield lengthOf(heldBytes, format);
  yield* held;
  if (to === undefined) yield Buffer.concat([lengthOf(endOfRows.length, format), endOfRows, lengthOf(0, format)]);
}

/** pg_dump itself writes them, without any rows: only the number of the block is another one. */
async function* largeObjects(dumpId: number, { launch, database, snapshot, format }: Sending): AsyncGenerator<Buffer> {
  const dump = await openDump(launch, database, snapshot, ['--exclude-table-data=*.*']);
  try {
    const head = openLargeObjects(dumpId, format);
    let skipped = 0;
    for await (const chunk of dump.rest()) {
      const left = head.length - skipped;
      if (left > 0) {
        skipped += Math.min(left, chunk.length);
        if (left >= chunk.length) continue;
        yield head;
        yield chunk.subarray(left);
      } else yield chunk;
    }
  } finally {
    await dump.close();
  }
}
