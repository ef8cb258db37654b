import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { connectClient, startRun } from '../support/runs.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(300_000);

const tables = 5000;

let client: Client;
let shop: BackupShop;

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('many');
  await shop.sql('create database tenants');
  // A schema for each fifty of them, as services with many tenants have it. One transaction would hold more locks than there are.
  await shop.sql(
    `do $many$ begin
       for i in 0..${tables - 1} loop
         if i % 50 = 0 then
           commit;
           execute format('create schema tenant_%s', i / 50);
           execute format('create table tenant_%s.orders_0 (note text, id int generated always as identity primary key)', i / 50);
           execute format('insert into tenant_%s.orders_0 (note) select md5(n::text) from generate_series(1, 3) n', i / 50);
         else
           execute format('create table tenant_%s.orders_%s (note text default %L)', i / 50, i % 50, i);
         end if;
       end loop;
     end $many$`,
    'tenants',
  );
}, 120_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

test(`a database of ${tables} tables comes back with every table, row and definition`, async () => {
  const sources = [
    {
      kind: 'postgres' as const,
      name: 'db',
      connection: 'source-db',
      databases: ['tenants'],
      streams: 2,
      fullEvery: 7,
    },
  ];
  const { backedUp, drilled } = await withWorkers(plain, async () => ({
    backedUp: await (await startRun(client, shop.backup({ sources }))).end(),
    drilled: await (await startRun(client, shop.drill())).end(),
  }));

  expect(backedUp.steps.find(({ name }) => name === 'back up db')?.result).toContain(`300 rows of ${tables} tables`);
  expect(drilled.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('whole') });
  expect(drilled.steps.find(({ name }) => name === 'compare tenants')?.result).toBe(
    `${tables} tables, 300 rows: the same`,
  );
});
