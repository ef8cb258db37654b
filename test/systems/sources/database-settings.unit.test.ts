import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ArchiveContents, ArchiveEntry } from '../../../systems/sources/postgres/archive.js';
import { compareSchemas } from '../../../systems/sources/postgres/compare.js';
import { describeDatabase, settingStatements } from '../../../systems/sources/postgres/database-settings.js';
import { scratchName } from '../../../systems/sources/postgres/scratch.js';

const entryOf = (what: string, tag: string, definition: string, owner = ''): ArchiveEntry => ({
  ...{ dumpId: 1, oid: '', what, tag, schema: '', owner, definition, copyStatement: '', hasData: false },
});

/** What pg_dump 17 writes of a database, by the name that it quotes where it must. */
function contentsOf(name: string, { limit = 5, owner = 'cl"erk' } = {}): ArchiveContents {
  const create = `CREATE DATABASE ${name} WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C.UTF-8';\n`;
  const setting = `ALTER ROLE "DATABASE shop" IN DATABASE ${name} SET search_path TO 'a''DATABASE shop ';\n`;
  const properties = `ALTER DATABASE ${name} CONNECTION LIMIT = ${limit};\n${setting}`;
  const entries = [
    entryOf('ENCODING', 'ENCODING', "SET client_encoding = 'UTF8';\n"),
    entryOf('DATABASE', 'shop', create, owner),
    entryOf('DATABASE PROPERTIES', 'shop', properties),
    entryOf('ACL', `DATABASE ${name}`, `GRANT CREATE ON DATABASE ${name} TO reader;\n`),
    { ...entryOf('TABLE', 'DATABASE x', 'CREATE TABLE public."DATABASE x" (x int);'), schema: 'public' },
  ];
  return { format: { intBytes: 4, offsetBytes: 8 }, serverVersion: '17', dumpVersion: '17', entries, bytes: 0 };
}

test('the settings are those of another name, and what only looks like it in a string or a name stays', () => {
  const statements = settingStatements(contentsOf('shop'), 'drill "ж"');

  expect(statements.split('\n').filter(Boolean)).toEqual([
    "SET client_encoding = 'UTF8';",
    'ALTER DATABASE "drill ""Ð¶""" OWNER TO "cl""erk";',
    'ALTER DATABASE "drill ""Ð¶""" CONNECTION LIMIT = 5;',
    `ALTER ROLE "DATABASE shop" IN DATABASE "drill ""Ð¶""" SET search_path TO 'a''DATABASE shop ';`,
    'GRANT CREATE ON DATABASE "drill ""Ð¶""" TO reader;',
  ]);
});

test('two databases of other names are described alike, and what differs is named', () => {
  const odd = `"sh'op ""x"" DATABASE y"`;

  expect(describeDatabase(contentsOf(odd))).toEqual(describeDatabase(contentsOf('shop')));
  expect(compareSchemas(contentsOf('shop'), contentsOf('shop', { limit: 6, owner: 'shop' }))).toEqual([
    'owner of the database: is defined otherwise',
    'settings of the database: is defined otherwise',
  ]);
  const less = contentsOf('shop');
  less.entries = less.entries.filter(({ what }) => what !== 'ACL' && what !== 'TABLE');
  expect(compareSchemas(contentsOf('shop'), less)).toEqual([
    'privileges on the database: is missing',
    'TABLE public.DATABASE x: is missing',
  ]);
});

test('the name of a scratch database is what the server keeps of it, and another one for each database', () => {
  const name = fc.oneof(fc.string({ minLength: 1, maxLength: 90, unit: 'grapheme' }), fc.constant('ж'.repeat(31)));
  fc.assert(
    fc.property(name, name, (one, other) => {
      const [first = '', second] = [one, other].map((each) => scratchName('restore', '1a2b3c4d', each));
      expect(Buffer.byteLength(first)).toBeLessThanOrEqual(63);
      expect(first.startsWith('restore_1a2b3c4d_')).toBe(true);
      expect(first === second).toBe(one === other);
    }),
  );
  expect(scratchName('drill', '1a2b3c4d', 'db/shop')).toBe('drill_1a2b3c4d_db/shop');
  expect(scratchName('drill', '1a2b3c4d', `${'ж'.repeat(31)}a`)).not.toContain('\uFFFD');
});
