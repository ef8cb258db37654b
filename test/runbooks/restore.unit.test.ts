import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRunbook } from '../../runbooks/index.js';
import { problems } from './problems-of.js';

const restore = (...lines: string[]) =>
  ['kind: restore', 'service: shop', 'environment: dev', 'backup: backup.yaml', ...lines].join('\n');

test('databases, a whole cluster, or both', () => {
  const parse = (...lines: string[]) => parseRunbook(restore(...lines), 'restore.yaml');

  expect(parse('into: { postgres: shop-db }')).toMatchObject({ into: { postgres: 'shop-db' }, rename: {} });
  expect(parse('into: { pgbackrest: /srv/pg/15/restored }', 'at: 2026-11-21T20:59:00+01:00', 'cluster: main')).toEqual(
    expect.objectContaining({
      into: { pgbackrest: '/srv/pg/15/restored' },
      at: '2026-11-21T20:59:00+01:00',
      cluster: 'main',
    }),
  );
  expect(parse('into: { postgres: shop-db, pgbackrest: /srv/restored }', 'databases: [shop]', 'at: backup')).toEqual(
    expect.objectContaining({ databases: ['shop'], at: 'backup' }),
  );
});

test('what is said of something that does not come back is a problem at its line', () => {
  expect(problems(restore('into: {}'))).toEqual([
    'web.yaml:5:7 into: expected postgres for databases, pgbackrest for a whole cluster, or both, found a mapping',
  ]);
  expect(
    problems(restore('into: { pgbackrest: /srv/restored }', 'databases: [shop]', 'rename: { shop: shop_2 }')),
  ).toEqual([
    'web.yaml:6:12 databases: expected it only with into.postgres, found a list of 1',
    'web.yaml:7:9 rename: expected it only with into.postgres, found a mapping',
  ]);
  expect(problems(restore('into: { postgres: shop-db }', 'at: latest', 'cluster: main'))).toEqual([
    'web.yaml:6:5 at: expected it only with into.pgbackrest, found "latest"',
    'web.yaml:7:10 cluster: expected it only with into.pgbackrest, found "main"',
  ]);
  expect(problems(restore('into: { pgbackrest: /srv/restored }', 'at: yesterday')).join()).toContain('at: ');
});

const part = fc.stringMatching(/^[^/\n]{1,12}$/).filter((name) => name !== '.' && name !== '..');
const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
const parseInto = (pgbackrest: string) =>
  parseRunbook(restore(`into: ${JSON.stringify({ pgbackrest })}`.replaceAll('$', '_')), 'restore.yaml');

test('a folder is named as the system names it: from the root, no way up or round about, nothing after its name', () => {
  fc.assert(
    fc.property(path, (folder) => {
      expect(parseInto(folder)).toMatchObject({ kind: 'restore' });
      const wrongs = [
        `${folder}/`,
        folder.slice(1),
        `${folder}//a`,
        `${folder}/../a`,
        `${folder}/.`,
        `${folder}\n`,
        '',
      ];
      for (const wrong of wrongs) expect(() => parseInto(wrong)).toThrow(/into.pgbackrest: expected an absolute path/);
    }),
    { numRuns: 30 },
  );
});
