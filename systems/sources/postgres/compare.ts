import { describeSchema, readContents, type ArchiveContents } from './archive.js';
import { openDump } from './contents.js';
import { describeDatabase } from './database-settings.js';
import { type Part, planParts, readTables } from './parts.js';
import type { PostgresRestore } from './restore.js';
import { RowHash } from './row-hash.js';
import { openRowSession } from './row-session.js';
import { Session } from './session.js';
import { releaseSnapshot, takeSnapshot } from './snapshot.js';
import { hashRows } from './unchanged.js';

/**
 * Compares a restored database with what the backup's own snapshot held: every object's definition, and the rows of every table by
 * number and hash. Answers the differences, by name; none: it is the same.
 */
export async function compareDatabase(comparison: PostgresRestore): Promise<string[]> {
  const { launch, database, proof, vault, signal } = comparison;
  const { snapshot } = await takeSnapshot(launch, database);
  const dump = await openDump(launch, database, snapshot.id);
  try {
    const head: Uint8Array[] = [];
    for await (const chunk of vault.open(proof.contents, { signal })) head.push(chunk);
    const wanted = readContents(Buffer.concat(head));
    const schema = wanted ? compareSchemas(wanted, dump.contents) : [`${proof.contents.key}: has no end`];
    return [...schema, ...(await compareRows(comparison, dump.contents, snapshot.id))];
  } finally {
    await dump.close();
    await releaseSnapshot(launch, database, snapshot).catch(() => undefined);
  }
}

/** The objects that differ, are missing or are too many, and what is said of the database itself. */
export function compareSchemas(wanted: ArchiveContents, found: ArchiveContents): string[] {
  const describe = (contents: ArchiveContents) => new Map([...describeDatabase(contents), ...describeSchema(contents)]);
  const [before, after] = [describe(wanted), describe(found)];
  const missing = [...before.keys()].filter((name) => !after.has(name));
  const added = [...after.keys()].filter((name) => !before.has(name));
  const other = [...before].filter(([name, text]) => after.has(name) && after.get(name) !== text);
  return [
    ...missing.map((name) => `${name}: is missing`),
    ...added.map((name) => `${name}: was not in the backup`),
    ...other.map(([name]) => `${name}: is defined otherwise`),
  ];
}

async function compareRows(
  comparison: PostgresRestore,
  contents: ArchiveContents,
  snapshot: string,
): Promise<string[]> {
  const { launch, database, proof } = comparison;
  const session = await Session.open(launch, database, snapshot);
  const named = (table: { schema: string; name: string }) => `${table.schema}.${table.name}`;
  try {
    await session.run("set client_encoding = 'UTF8'");
    const tables = await readTables(session, contents.entries);
    const version = Number(await session.run("select current_setting('server_version_num')"));
    const hashes = await hashAll(comparison, planParts(tables, contents.entries, version), snapshot);
    const found = new Map(tables.map((table) => [named(table), hashes.get(table.dumpId) ?? new RowHash()]));
    return proof.tables.flatMap((table) => {
      const hash = found.get(named(table));
      if (!hash) return [`table ${named(table)}: is missing`];
      if (hash.rows !== table.rows) return [`table ${named(table)}: expected ${table.rows} rows, found ${hash.rows}`];
      return hash.digest() === table.hash ? [] : [`table ${named(table)}: ${table.rows} rows, but not the same ones`];
    });
  } finally {
    await session.close();
  }
}

async function hashAll(comparison: PostgresRestore, parts: Part[], snapshot: string): Promise<Map<number, RowHash>> {
  const { launch, database, streams, signal, onProgress } = comparison;
  const hashes = new Map<number, RowHash>();
  const waiting = parts.flatMap((part) => ('stretches' in part ? part.stretches : []));
  const stream = async () => {
    const session = await openRowSession(launch, database, snapshot);
    try {
      for (let stretch = waiting.shift(); stretch; stretch = waiting.shift()) {
        const hash = await hashRows(stretch, { session, signal, onProgress });
        const whole = hashes.get(stretch.dumpId) ?? new RowHash();
        whole.add(hash);
        hashes.set(stretch.dumpId, whole);
      }
    } finally {
      await session.close();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(streams, waiting.length)) }, stream));
  return hashes;
}
