import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { findExecutable } from '../../stack/binaries/find-executable.js';
import { installPackages } from '../../stack/binaries/debian.js';
import { obtainPostgres } from '../../stack/binaries/postgresql.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { connectClient, startRun } from '../support/runs.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

let shop: BackupShop;
let folder: string;

beforeAll(async () => {
  const isThere = () => findExecutable('aws') !== undefined;
  await installPackages('aws', [{ package: 'awscli', isThere }], (line) => process.stderr.write(`${line}\n`));
  folder = await mkdtemp(join(tmpdir(), 'by-hand-'));
  shop = await openBackupShop('by-hand');
}, 600_000);

afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

/** The commands of the document, as they stand there. */
async function readCommands(): Promise<string> {
  const text = await readFile(new URL('../../docs/restore-by-hand.md', import.meta.url), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
}

test('the lines of docs/restore-by-hand.md restore a database with its roles, large objects and indexes', async () => {
  await shop.sql(`create role clerk`);
  await shop.sql(`create database orders owner clerk`);
  await shop.sql(`alter database orders set work_mem = '7MB'`);
  await shop.sql(`grant create on database orders to public`);
  await shop.sql(
    `create table orders (id int primary key, note text); alter table orders owner to clerk;
     insert into orders select i, repeat(md5(i::text), 20) from generate_series(1, 20000) i;
     create index on orders (note); select lo_from_bytea(4711, decode(repeat('00ff', 5000), 'hex'))`,
    'orders',
  );
  const client = await connectClient();
  const backUp = async () => (await startRun(client, shop.backup())).end();
  // What the second night's is made of lies in part where the first has stored it.
  const [first, record] = await withWorkers(plain, async () => [await backUp(), await backUp()] as const);
  await client.connection.close();
  const { tokens, spec } = shop.bucket;
  const { accessKeyId, secretAccessKey } = JSON.parse(await readFile(join(tokens, 'store'), 'utf8')) as Credentials;
  const publicKey = createPublicKey(await readFile(join(tokens, 'signing-key')));
  await writeFile(join(folder, 'signed-by.pem'), publicKey.export({ type: 'spki', format: 'pem' }));

  const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', await readCommands()], {
    cwd: folder,
    timeout: 120_000,
    env: {
      BACKUP: `s3://${spec.bucket}/nightly/${shop.environment}/by-hand/${record.backup}`,
      ...{ SOURCE: 'db', DATABASE: 'orders', TABLE: 'orders' },
      ...{ IDENTITY: shop.identity, SIGNED_BY: join(folder, 'signed-by.pem') },
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_ENDPOINT_URL: spec.endpoint },
      AWS_DEFAULT_REGION: spec.region,
      PATH: `${await obtainPostgres(() => undefined)}:${process.env['PATH']}`,
      ...{ PGHOST: '127.0.0.1', PGPORT: String(shop.scratch.port), PGUSER: 'shop', PGPASSWORD: shop.scratch.password },
    },
  });

  expect(stdout).toContain('Signature Verified Successfully');
  expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toContain(`"of":"${first.backup}"`);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('20000');
  const { rows } = await shop.sql(
    `select (select count(*)::int from pg_indexes where tablename = 'orders') indexes,
       (select tableowner from pg_tables where tablename = 'orders') owner, length(lo_get(4711)) bytes,
       current_setting('work_mem') memory, datacl::text ~ '[{,]=CTc/clerk' granted
       from pg_database where datname = current_database()`,
    'orders',
    shop.scratch,
  );
  expect(rows).toEqual([{ indexes: 2, owner: 'clerk', bytes: 10_000, memory: '7MB', granted: true }]);
});
