import { finished } from 'node:stream/promises';
import type { ArchiveContents, ArchiveEntry } from './archive.js';
import type { Launch } from './launch.js';
import { quoteName } from './session.js';

const neutral = '"?"';

// Of the entries of a database only the one that creates it is not among these.
const titles: Readonly<Record<string, string>> = {
  'DATABASE PROPERTIES': 'settings of the database',
  ACL: 'privileges on the database',
  COMMENT: 'comment of the database',
  'SECURITY LABEL': 'security labels of the database',
};

/**
 * What belongs to a database itself: its owner, settings (also those of a role in it), limit of connections, privileges, comment and
 * labels, as `pg_dump --create` writes them; without the database's own name.
 */
export function describeDatabase(contents: ArchiveContents): Map<string, string> {
  const called = nameIn(contents);
  const described = new Map([['owner of the database', ownerOf(contents)]]);
  for (const { what, definition } of contents.entries.filter(belongsToDatabase)) {
    const title = titles[what] ?? what;
    described.set(title, [described.get(title) ?? '', rename(definition, called, neutral)].join(''));
  }
  return described;
}

/** Gives a restored database, of whatever name, the owner, settings, privileges and comment that the dumped one had. */
export async function applySettings(launch: Launch, contents: ArchiveContents, database: string): Promise<void> {
  const psql = launch({
    name: 'psql',
    parameters: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose'],
    // What all databases share, as a comment, keeps the bytes of the database in which it was said.
    database,
  });
  psql.stdout.resume();
  psql.stdin.end(Buffer.from(settingStatements(contents, database), 'latin1'));
  await Promise.all([finished(psql.stdout), psql.ended]);
}

/** The statements, a character a byte of the dump's encoding. */
export function settingStatements(contents: ArchiveContents, database: string): string {
  const { entries } = contents;
  const [called, to] = [nameIn(contents), Buffer.from(quoteName(database)).toString('latin1')];
  const owner = ownerOf(contents);
  return [
    ...entries.filter(({ what }) => ['ENCODING', 'STDSTRINGS'].includes(what)).map(({ definition }) => definition),
    owner === '' ? '' : `ALTER DATABASE ${to} OWNER TO ${quoteName(owner)};\n`,
    ...entries.filter(belongsToDatabase).map(({ definition }) => rename(definition, called, to)),
  ].join('\n');
}

function belongsToDatabase({ what, tag, schema }: ArchiveEntry): boolean {
  if (what === 'DATABASE PROPERTIES') return true;
  return what in titles && schema === '' && tag.startsWith('DATABASE ');
}

function ownerOf({ entries }: ArchiveContents): string {
  return entries.find(({ what }) => what === 'DATABASE')?.owner ?? '';
}

/** The database's name as pg_dump quotes it. */
function nameIn({ entries }: ArchiveContents): string {
  const written = entries.find(({ what }) => what === 'DATABASE')?.definition.trimStart() ?? '';
  return written.slice('CREATE DATABASE '.length, written.lastIndexOf(' WITH TEMPLATE = template0'));
}

/** Statements with another name for the database. What stands in a string or in another name stays: both are matched whole. */
function rename(statements: string, from: string, to: string): string {
  return statements.replaceAll(
    /\bDATABASE ("(?:[^"]|"")*"|[a-z_][a-z0-9_]*)|"(?:[^"]|"")*"|'(?:[^']|'')*'/g,
    (found: string, name: string | undefined) => (name === from ? `DATABASE ${to}` : found),
  );
}
