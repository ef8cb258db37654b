import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { Restore } from '../../runbooks/restore.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, oneApproval, startRun } from '../support/runs.js';
import { failingAfter, plain, withWorkers } from '../support/workers.js';

jest.setTimeout(120_000);

let client: Client;
let shop: BackupShop;

const restore = (change: Partial<Restore> = {}): Restore => ({
  kind: 'restore',
  service: 'shop',
  environment: 'restore-test',
  backup: shop.backup(),
  which: 'newest',
  into: { postgres: 'scratch-db' },
  databases: ['orders', 'carts'],
  rename: { orders: 'orders "old"' },
  streams: 2,
  checks: [{ name: 'rows', database: 'orders', sql: 'select count(*) from orders', expect: '3000' }],
  onFailure: 'undo',
  ...change,
});

/** What the target holds besides its own: the names that people use, and those that no run may leave. */
async function namesInTarget(): Promise<string[]> {
  const text = `select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1`;
  const { rows } = await shop.sql(text, 'postgres', shop.scratch);
  return (rows as Array<{ datname: string }>).map(({ datname }) => datname);
}

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('shop');
  await shop.sql('create role keeper');
  await shop.sql('create database orders owner keeper');
  await shop.sql(`comment on database orders is 'of the shop'`);
  await shop.sql('alter database orders connection limit 9');
  await shop.sql('create database carts');
  await shop.sql(
    'create table orders as select i id, md5(i::text) what from generate_series(1, 3000) i; alter table orders owner to keeper',
    'orders',
  );
  await shop.sql('create table carts (id int); insert into carts values (1), (2)', 'carts');
  const backedUp = await withWorkers(plain, async () => (await startRun(client, shop.backup())).end());
  if (backedUp.outcome?.name !== 'succeeded') throw new Error(backedUp.outcome?.message);
}, 120_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

test('nothing is restored before somebody has approved it; then all of it gets its name at once, with its owner', async () => {
  const { early, record } = await withWorkers(plain, async () => {
    const run = await startRun(client, restore(), oneApproval);
    await run.until('the gate', ({ phase }) => phase === 'waiting');
    const names = await namesInTarget();
    await run.vote({ by: 'bob' });
    return { early: names, record: await run.end() };
  });

  expect(early).toEqual([]);
  expect(endOf(record)).toBe('succeeded');
  expect(record.plan?.changes.map(({ what, from }) => [what, from])).toEqual([
    ['database carts', 'none'],
    ['database orders "old"', 'none'],
  ]);
  expect(record.workflowId).toBe('deploy/restore-test/shop');
  expect(await namesInTarget()).toEqual(['carts', 'orders "old"']);
  const owner = `select pg_get_userbyid(datdba) as owner, datconnlimit as most, shobj_description(oid, 'pg_database') as mark from pg_database where datname like 'orders%'`;
  const { rows } = await shop.sql(owner, 'postgres', shop.scratch);
  expect(rows).toEqual([{ owner: 'keeper', most: 9, mark: `of the shop\nrunbook ${record.runId}` }]);
  const table = await shop.sql(
    `select tableowner, (select count(*)::int from orders) as rows from pg_tables where tablename = 'orders'`,
    'orders "old"',
    shop.scratch,
  );
  expect(table.rows).toEqual([{ tableowner: 'keeper', rows: 3000 }]);
});

test('a database that is there is not overwritten: the plan is refused, and nothing has changed', async () => {
  await shop.sql('insert into carts values (3)', 'carts', shop.scratch);

  const record = await withWorkers(plain, async () =>
    (await startRun(client, restore({ databases: ['carts'], rename: {}, checks: [] }))).end(),
  );

  expect(record.outcome).toMatchObject({
    name: 'failed',
    code: 'Refused',
    message: expect.stringContaining('database carts: expected none of that name in the target'),
  });
  expect((await shop.sql('select count(*)::int as n from carts', 'carts', shop.scratch)).rows).toEqual([{ n: 3 }]);
});

test('what goes wrong at the very end takes away all that this run has made, and nothing else', async () => {
  const rename = { orders: 'orders_2', carts: 'carts_2' };
  const { failed, checked } = await withWorkers(failingAfter('nameRestored'), async () => ({
    failed: await (await startRun(client, restore({ rename }))).end(),
    checked: await (
      await startRun(
        client,
        restore({
          rename,
          checks: [{ name: 'rows', database: 'carts', sql: 'select count(*) from carts', expect: '7' }],
        }),
      )
    ).end(),
  }));

  expect(failed.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
  expect(failed.undone.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(checked.outcome).toMatchObject({
    name: 'undone',
    code: 'SmokeTestFailed',
    message: expect.stringContaining('check rows: expected "7", found "2"'),
  });
  expect(await namesInTarget()).toEqual(['carts', 'orders "old"']);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, 'restore-test')).toEqual([]);
});
