import type { ArchivePart } from '../../../core/manifest.js';
import type { ArchiveEntry } from './archive.js';
import type { Session } from './session.js';

/** Rows of one table, from one block of its file on; to the end where no end is said. */
export interface Stretch {
  /** Of its `TABLE DATA` in the archive. */
  dumpId: number;
  oid: string;
  from?: number;
  to?: number;
}

/** What becomes one object: a stretch of a large table, several small tables, or all large objects. */
export type Part = { stretches: Stretch[] } | { largeObjects: number };

export interface DumpedTable {
  dumpId: number;
  oid: string;
  schema: string;
  name: string;
  bytes: number;
  blocks: number;
}

const megabyte = 1024 * 1024;
const smallestPart = 64 * megabyte;
// Small tables go together: one that has changed takes few others along.
const smallestGroup = 8 * megabyte;
// What has been sent is told with each heartbeat, and 1,000 lines of it are well below Temporal's limit.
const mostParts = 1000;
const mostTablesOfPart = 250;
const rangeScansSince = 140_000;

/** Size and name of every table whose rows the archive is to hold, in its order. The session is in the dump's snapshot. */
export async function readTables(session: Session, entries: ArchiveEntry[]): Promise<DumpedTable[]> {
  const oids = entries.filter(({ what }) => what === 'TABLE DATA').map(({ oid }) => oid);
  const list = `array[${oids.join(',')}]::oid[]`;
  type Found = Omit<DumpedTable, 'dumpId'>;
  // An entry of data names its table by the table's own oid.
  const found = await session.query<Found[]>(
    `select coalesce(json_agg(json_build_object('oid', c.oid::text, 'schema', n.nspname, 'name', c.relname,
        'bytes', pg_table_size(c.oid), 'blocks', pg_relation_size(c.oid) / current_setting('block_size')::int)), '[]')
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = any (${list})`,
  );
  const byOid = new Map(found.map((table) => [table.oid, table]));
  return entries
    .filter(({ what }) => what === 'TABLE DATA')
    .map(({ dumpId, oid }) => ({ dumpId, ...(byOid.get(oid) as Found) }));
}

/**
 * Cuts a database into parts that are sent side by side, each small enough to be sent again. Where an earlier backup has begun a part,
 * this one does: so that what has not changed since can be told.
 */
export function planParts(
  tables: DumpedTable[],
  entries: ArchiveEntry[],
  serverVersion: number,
  earlier: ArchivePart[] = [],
): Part[] {
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const [partBytes = 0, groupBytes = 0] = [smallestPart, smallestGroup].map((least) =>
    Math.max(least, Math.ceil(total / mostParts)),
  );
  const begun = new Set(earlier.map(({ dumpId }) => dumpId));
  const parts: Part[] = [];
  let small: Stretch[] = [];
  let smallBytes = 0;
  const closeSmall = () => {
    if (small.length > 0) parts.push({ stretches: small });
    small = [];
    smallBytes = 0;
  };
  const byDumpId = new Map(tables.map((table) => [table.dumpId, table]));
  for (const { dumpId, hasData } of entries.filter((entry) => entry.hasData)) {
    const table = byDumpId.get(dumpId);
    if (!table) {
      closeSmall();
      if (hasData) parts.push({ largeObjects: dumpId });
      continue;
    }
    const isLarge = table.bytes > groupBytes;
    if (isLarge || begun.has(dumpId) || small.length >= mostTablesOfPart || smallBytes + table.bytes > groupBytes)
      closeSmall();
    if (isLarge) parts.push(...stretchesOf(table, partBytes, serverVersion).map((one) => ({ stretches: [one] })));
    else {
      small.push({ dumpId, oid: table.oid });
      smallBytes += table.bytes;
    }
  }
  closeSmall();
  return parts;
}

/**
 * Stretches begin at multiples of a power of two, so that they stay the same while a table grows. Its size counts what it keeps out of
 * line as well; its blocks are only those of its own file.
 */
function stretchesOf({ dumpId, oid, bytes, blocks }: DumpedTable, partBytes: number, serverVersion: number): Stretch[] {
  const step = 2 ** Math.max(0, Math.round(Math.log2((partBytes * blocks) / bytes)));
  const pieces = serverVersion < rangeScansSince ? 1 : Math.max(1, Math.ceil(blocks / step));
  return Array.from({ length: pieces }, (_, piece) => ({
    ...{ dumpId, oid },
    ...(piece > 0 && { from: piece * step }),
    ...(piece < pieces - 1 && { to: (piece + 1) * step }),
  }));
}

/** A query that answers the COPY of a stretch: names stay within the server, whatever characters they are made of. */
export function makeCopy(stretch: Stretch): string {
  const { oid } = stretch;
  return `select format('copy (select %s from only %s${where(stretch)}) to stdout', (${columnsOf(oid)}), ${oid}::regclass)`;
}

/** Likewise, whether a stretch has no row that a transaction since has written; rows that were removed since it does not see. */
export function makeLook(stretch: Stretch, sinceTransaction: string): string {
  const isNew = `age(xmin) <= txid_snapshot_xmax(txid_current_snapshot()) - ${BigInt(sinceTransaction)}`;
  return `select format('copy (select not exists (select from only %s${where(stretch, isNew)})) to stdout', ${stretch.oid}::regclass)`;
}

function where({ from, to }: Stretch, condition?: string): string {
  const bounds = [
    from !== undefined && `ctid >= ''(${from},0)''`,
    to !== undefined && `ctid < ''(${to},0)''`,
    condition,
  ].filter(Boolean);
  return bounds.length > 0 ? ` where ${bounds.join(' and ')}` : '';
}

/** The columns that a dump holds, as pg_dump chooses them: what is generated is made again. */
export function columnsOf(oid: string): string {
  return `select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = ${oid} and attnum > 0 and not attisdropped and attgenerated = ''`;
}
