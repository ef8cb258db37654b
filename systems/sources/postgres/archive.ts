import { createHash } from 'node:crypto';
import { RunbookError } from '../../../core/errors.js';
import { ByteReader, type Format } from './byte-reader.js';

/** One entry of an archive's table of contents. */
export interface ArchiveEntry {
  dumpId: number;
  oid: string;
  tag: string;
  /** What it is: `TABLE`, `TABLE DATA`, `BLOBS`, `INDEX`, … */
  what: string;
  schema: string;
  /** Like the definition, in the database's own encoding, a character a byte: so that any two are told apart. */
  owner: string;
  definition: string;
  /** `COPY … FROM stdin;`, likewise. */
  copyStatement: string;
  hasData: boolean;
}

/** The beginning of an archive in pg_dump's custom format: all but the data. */
export interface ArchiveContents {
  format: Format;
  serverVersion: string;
  dumpVersion: string;
  entries: ArchiveEntry[];
  /** How many bytes header and table of contents take. */
  bytes: number;
}

const magic = 'PGDMP';
const customFormat = 1;
const noData = 3; // K_OFFSET_NO_DATA
const [oldest, newest] = [0x010e, 0x0110];

/**
 * Reads header and table of contents; undefined while the bytes do not reach to their end. As pg_backup_archiver.c writes them:
 * https://github.com/postgres/postgres/blob/REL_17_STABLE/src/bin/pg_dump/pg_backup_archiver.c (WriteHead, WriteToc).
 * @throws RunbookError SourceFailed when it is no archive of PostgreSQL 12 to 18.
 */
export function readContents(bytes: Buffer): ArchiveContents | undefined {
  const reader = new ByteReader(bytes);
  try {
    return readAll(reader, bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readAll(reader: ByteReader, bytes: Buffer): ArchiveContents {
  if (reader.text(5) !== magic)
    throw notAnArchive('PGDMP at the beginning', JSON.stringify(bytes.toString('latin1', 0, 20)));
  const version = (reader.byte() << 8) | reader.byte();
  reader.byte(); // the revision
  if (version < oldest || version > newest)
    throw notAnArchive('archive version 1.14 to 1.16', `${version >> 8}.${version & 0xff}`);
  reader.format = { intBytes: reader.byte(), offsetBytes: reader.byte() };
  const format = reader.byte();
  if (format !== customFormat) throw notAnArchive('the custom format', `format ${format}`);
  const compression = version >= 0x010f ? reader.byte() : reader.int();
  if (compression !== 0) throw notAnArchive('no compression', `compression ${compression}`);
  for (let field = 0; field < 7; field += 1) reader.int(); // the time of the dump
  reader.string(); // the database
  const serverVersion = reader.string() ?? '';
  const dumpVersion = reader.string() ?? '';
  const count = reader.int();
  const entries = Array.from({ length: count }, () => readEntry(reader, version));
  return { format: reader.format, serverVersion, dumpVersion, entries, bytes: reader.position };
}

function readEntry(reader: ByteReader, version: number): ArchiveEntry {
  const dumpId = reader.int();
  reader.int(); // whether there is a dumper
  reader.string(); // the catalogue's oid
  const [oid = '', tag = '', what = ''] = [reader.string(), reader.string(), reader.string()];
  reader.int(); // the section
  const definition = reader.string('latin1') ?? '';
  reader.string(); // how to drop it
  const copyStatement = reader.string('latin1') ?? '';
  const schema = reader.string() ?? '';
  reader.string(); // the tablespace
  reader.string(); // the access method
  if (version >= 0x0110) reader.int(); // the kind of relation
  const owner = reader.string('latin1') ?? '';
  reader.string(); // whether it has oids
  while (reader.string() !== undefined); // what it depends on
  const hasData = reader.byte() !== noData;
  reader.skip(reader.format.offsetBytes);
  return { dumpId, oid, tag, what, schema, owner, definition, copyStatement, hasData };
}

function notAnArchive(wanted: string, found: string): RunbookError {
  return new RunbookError('SourceFailed', `pg_dump's archive: expected ${wanted}, found ${found}`);
}

// Rows, and what belongs to the database itself: see database-settings.ts.
const withoutSchema = new Set(['TABLE DATA', 'BLOBS', 'SEQUENCE SET', 'DATABASE', 'DATABASE PROPERTIES']);

/** What an entry says of the schema, without what differs between two dumps of the same: nothing of a table's rows. */
export function describeSchema({ entries }: ArchiveContents): Map<string, string> {
  const lines = entries
    .filter(({ what, schema, tag }) => !withoutSchema.has(what) && !(schema === '' && tag.startsWith('DATABASE ')))
    .map(({ what, schema, tag, owner, definition }): [string, string] => [
      [what, schema && `${schema}.${tag}`].filter(Boolean).join(' ') || tag,
      `${owner}\n${definition}`,
    ])
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const described = new Map<string, string>();
  for (const [name, text] of lines) described.set(name, [described.get(name), text].filter(Boolean).sort().join('\n'));
  return described;
}

/** SHA-256 over the schema, hexadecimal. */
export function digestSchema(contents: ArchiveContents): string {
  const hash = createHash('sha256');
  for (const [name, text] of describeSchema(contents)) hash.update(`${name}\n${text}\n`);
  return hash.digest('hex');
}
