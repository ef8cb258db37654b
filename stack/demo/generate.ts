import { createCipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import type { StackEnvironment } from '../index.js';
import { connectBackupStore } from './backup-store.js';

const megabyte = 1_000_000;
const objectBytes = 4 * megabyte;
const rowsAtOnce = 50_000;

interface Table {
  name: string;
  create: string;
  /** What a row takes in a dump, on average. */
  rowBytes: number;
  /** Rows $1 to $2. */
  fill: string;
}

const orders: Table = {
  name: 'orders',
  create:
    'create table orders (id bigint, customer int, placed_at timestamptz, state text, total numeric(9,2), note text)',
  rowBytes: 371,
  fill: `insert into orders select i, i % 200000, timestamptz '2026-01-01' + i * interval '30 seconds',
    (array['placed','paid','packed','sent','returned'])[1 + i % 5], (i % 99900) / 100.0,
    'gift for ' || repeat(md5(i::text) || ' ', 5) || ', leave it at ' || repeat(md5((i / 7)::text) || ' ', 4)
    from generate_series($1::bigint, $2::bigint) i`,
};

const visits: Table = {
  name: 'visits',
  create: 'create table visits (id bigint, at timestamptz, what jsonb)',
  rowBytes: 371,
  fill: `insert into visits select i, timestamptz '2026-06-01' + i * interval '10 seconds', jsonb_build_object('page', i % 4000,
      'seconds', i % 300, 'agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0, ' || repeat(md5(i::text), 7))
    from generate_series($1::bigint, $2::bigint) i`,
};

/** What was made, in bytes: of the database what its tables take. */
export interface Generated {
  databaseBytes: number;
  bucketBytes: number;
  rows: number;
  objects: number;
}

/** Fills the stack's database `shop` and its bucket `media` anew, three quarters and one quarter of so many megabytes. */
export async function generateShop(
  environment: StackEnvironment,
  megabytes: number,
  onProgress: (bytes: number) => void,
): Promise<Generated> {
  const [database, bucket] = [(megabytes * megabyte * 3) / 4, (megabytes * megabyte) / 4];
  const connectionString = (await readFile(join(environment.RUNBOOK_TOKEN_DIRECTORY, 'shop-db'), 'utf8')).trim();
  const [ordered, visited] = await Promise.all([
    fillTable(connectionString, orders, database / 2, onProgress),
    fillTable(connectionString, visits, database / 2, onProgress),
  ]);
  const objects = Math.max(1, Math.ceil(bucket / objectBytes));
  await fillBucket(environment, objects, Math.ceil(bucket / objects), onProgress);
  return {
    databaseBytes: ordered.bytes + visited.bytes,
    bucketBytes: objects * Math.ceil(bucket / objects),
    rows: ordered.rows + visited.rows,
    objects,
  };
}

async function fillTable(
  connectionString: string,
  { name, create, rowBytes, fill }: Table,
  bytes: number,
  onProgress: (bytes: number) => void,
): Promise<{ rows: number; bytes: number }> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, query_timeout: 300_000 });
  await client.connect();
  try {
    await client.query(`drop table if exists ${name}`);
    await client.query(create);
    const rows = Math.ceil(bytes / rowBytes);
    for (let first = 1; first <= rows; first += rowsAtOnce) {
      const last = Math.min(rows, first + rowsAtOnce - 1);
      await client.query(fill, [first, last]);
      onProgress((last - first + 1) * rowBytes);
    }
    await client.query(`alter table ${name} add primary key (id)`);
    const { rows: found } = await client.query<{ bytes: string }>(`select pg_table_size('${name}') as bytes`);
    return { rows, bytes: Number(found[0]?.bytes) };
  } finally {
    await client.end();
  }
}

async function fillBucket(
  environment: StackEnvironment,
  objects: number,
  bytes: number,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const client = await connectBackupStore(environment);
  const waiting = Array.from({ length: objects }, (_, at) => `photos/${String(at + 1).padStart(4, '0')}.jpg`);
  const stream = async () => {
    for (let Key = waiting.shift(); Key !== undefined; Key = waiting.shift()) {
      const Body = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16)).update(Buffer.alloc(bytes));
      await client.send(new PutObjectCommand({ Bucket: 'media', Key, Body, ContentType: 'image/jpeg' }));
      onProgress(bytes);
    }
  };
  try {
    await Promise.all([stream(), stream(), stream()]);
  } finally {
    client.destroy();
  }
}
