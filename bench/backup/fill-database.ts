import { join } from 'node:path';
import { execa } from 'execa';
import type { ScratchPostgres } from './scratch-postgres.js';

/** The name of the database that is backed up. */
export const benchDatabase = 'bench';

/** How large a scale of 30 is on disk: pgbench's rows, JSON documents, and bytes that no compression makes smaller. */
const fullScale = 30;
const documentsOfScale = 16_000;
const blobsOfScale = 720;

/** Fills a database as shops have it: about 1.2 GB at a scale of 30, and proportionally less. Answers its size in bytes. */
export async function fillDatabase(postgres: ScratchPostgres, scale = fullScale): Promise<number> {
  const { programs, port, user, password } = postgres;
  await postgres.query('postgres', `create database ${benchDatabase}`);
  const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
  await execa(join(programs, 'pgbench'), ['-i', '-q', '-s', String(scale), benchDatabase], { env, timeout: 300_000 });
  const sql = [
    'create extension pgcrypto',
    `create table documents (id bigint primary key, body jsonb not null)`,
    `insert into documents select n, ${documentSql('n')} from generate_series(1, ${scale * documentsOfScale}) n`,
    'create table blobs (id bigint primary key, bytes bytea not null)',
    'alter table blobs alter column bytes set storage external',
    `insert into blobs select n, ${Array.from({ length: 8 }, () => 'gen_random_bytes(1024)').join(' || ')}
       from generate_series(1, ${scale * blobsOfScale}) n`,
  ];
  for (const statement of sql) await postgres.query(benchDatabase, statement);
  // No hint bits are left to be written by whoever reads first.
  for (const statement of ['vacuum (freeze, analyze)', 'checkpoint']) await postgres.query(benchDatabase, statement);
  const { rows } = await postgres.query(benchDatabase, `select pg_database_size('${benchDatabase}') as bytes`);
  return Number((rows as Array<{ bytes: string }>)[0]?.bytes);
}

/** An order of about a kilobyte: words that repeat, and numbers that do not. */
function documentSql(n: string): string {
  const item = (of: number) =>
    `jsonb_build_object('sku', md5((${n} * 7 + ${of})::text), 'title', 'item number ' || (${n} % 1000 + ${of}), 'price', (random() * 10000)::int, 'tags', jsonb_build_array('new', 'in stock', 'shipped from the main warehouse'))`;
  return `jsonb_build_object('order', ${n}, 'customer', md5(random()::text), 'email', 'customer' || (${n} % 50000) || '@shop.example', 'status', (array['paid', 'sent', 'returned'])[1 + ${n} % 3], 'note', repeat('please leave the parcel with the neighbour; ', 3), 'items', jsonb_build_array(${[1, 2, 3, 4].map(item).join(', ')}))`;
}
