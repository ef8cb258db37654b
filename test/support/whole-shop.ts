import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Restore } from '../../runbooks/restore.js';
import { findPostgresOwner } from '../../stack/servers/postgres-files.js';
import { openBackupShop, type BackupShop } from './backup-shop.js';
import { archivePhysically, stanza, type Physical } from './physical.js';

/** A shop whose PostgreSQL comes back as a whole: with a tablespace, settings of its own, a database that refuses changes, and one beside it. */
export interface WholeShop {
  shop: BackupShop;
  physical: Physical;
  /** Where clusters come back: there is nothing in it. */
  home: string;
  /** A restore into a folder of `home`. */
  restore(folder: string, change?: Partial<Restore>): Restore;
  /** Changes what is in the backup; `moment` is before that. */
  makeMistake(): Promise<void>;
  moment(): Date;
  close(): Promise<void>;
}

/** All rows of the large table. */
export const hashRows = `select md5(string_agg(n::text, ',' order by i)) as hash from noise n`;

export const countRows = (database: string, table: string, expected: string) => ({
  ...{ name: table, database, sql: `select count(*) from ${table}`, expect: expected },
});

const statements: Array<[database: string, text: string]> = [
  ['postgres', `alter system set work_mem = '5MB'`],
  ['postgres', 'create database strict'],
  [
    'strict',
    `create function refuse() returns event_trigger language plpgsql as $$ begin raise 'no changes here'; end $$;
     create event trigger refuse on ddl_command_start execute function refuse();
     alter database strict set default_transaction_read_only = on`,
  ],
  ['postgres', 'create database orders'],
  ['orders', 'create table orders as select 1 as id'],
  [
    'postgres',
    `create table noise tablespace big as select i, gen_random_uuid() || '' t from generate_series(1, 150000) i;
     create index on noise (i)`,
  ],
];

export async function openWholeShop(): Promise<WholeShop> {
  const shop = await openBackupShop('whole');
  const home = await mkdtemp(join(tmpdir(), "whole's "));
  await chmod(home, 0o711);
  const tablespace = await mkdtemp(join(tmpdir(), 'big-'));
  const { uid, gid } = await findPostgresOwner();
  if (uid !== undefined && gid !== undefined) await chown(tablespace, uid, gid);
  await shop.sql('alter system set track_commit_timestamp = on');
  const physical = await archivePhysically(shop.source, shop.bucket.tokens, 'repo1-bundle=y');
  await shop.sql(`create tablespace big location '${tablespace}'`);
  for (const [database, text] of statements) await shop.sql(text, database);
  const { configuration } = physical;
  const sources: Restore['backup']['sources'] = [
    { kind: 'postgres', name: 'db', connection: 'source-db', databases: ['orders'], streams: 2, fullEvery: 7 },
    { kind: 'pgbackrest', name: 'main', stanza, configuration, fullEvery: 7, between: 'incr' },
  ];
  let moment = new Date(0);
  return {
    ...{ shop, physical, home, moment: () => moment },
    restore: (folder, change = {}) => ({
      ...{ kind: 'restore', service: 'whole', environment: shop.environment },
      backup: shop.backup({ sources }),
      which: 'newest',
      into: { pgbackrest: join(home, folder) },
      rename: {},
      streams: 2,
      checks: [countRows('main/postgres', 'noise', '150000')],
      onFailure: 'undo',
      ...change,
    }),
    async makeMistake() {
      await shop.sql(`create table later as select 'after the backup' as t`);
      [{ now: moment }] = (await shop.sql('select clock_timestamp() as now')).rows as [{ now: Date }];
      await sleep(50);
      await shop.sql('drop table later; create table mistake (i int)');
      await physical.archive();
    },
    async close() {
      await Promise.all([shop.close(), physical.repository.stop()]);
      for (const path of [home, tablespace]) await rm(path, { recursive: true, force: true });
    },
  };
}
