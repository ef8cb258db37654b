import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../../core/record.js';
import type { Manifest, PostgresProof } from '../../core/manifest.js';
import type { Backup } from '../../runbooks/backup.js';
import { readManifest } from '../../systems/vault/manifest-file.js';
import { asStream } from '../../systems/vault/whole-object.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { connectClient, startRun } from '../support/runs.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(240_000);

let client: Client;
let shop: BackupShop;
let prefix: string;

const retention = { daily: 1, weekly: 0, monthly: 0, yearly: 0, atLeast: 1, undoWindow: 1, timeZone: 'UTC' };

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('again');
  prefix = `nightly/${shop.environment}/again`;
  await shop.sql('create database orders');
  await shop.sql(
    `create type mood as enum ('good', 'bad');
     create table kept (id int, text text);
     create table touched (id int, text text);
     create table thinned (id int, text text);
     create table renamed (id int, mood mood, text text);
     create table sorted (id int, text text); create index by_text on sorted (text);
     create table small_one (id int); create table small_two (id int);`,
    'orders',
  );
  // Each of a part of its own.
  for (const table of ['kept', 'touched', 'thinned', 'sorted'])
    await shop.sql(`insert into ${table} select i, repeat(md5(i::text), 8) from generate_series(1, 40000) i`, 'orders');
  await shop.sql(`insert into renamed select i, 'good', repeat('x', 250) from generate_series(1, 40000) i`, 'orders');
  await shop.sql('insert into small_one values (1); insert into small_two values (2)', 'orders');
}, 120_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

async function backUp(change: Partial<Backup> = {}): Promise<Manifest> {
  const record = await (await startRun(client, shop.backup(change))).end();
  expect(record).toMatchObject({ outcome: { name: 'succeeded' } });
  const key = createPublicKey(await readFile(join(shop.bucket.tokens, 'signing-key')));
  return readManifest(shop.store, prefix, record.backup ?? '', key.export({ type: 'spki', format: 'pem' }).toString());
}

/** By table: the backup that has stored its rows; none: the one that is asked. */
function storedBy({ sources }: Manifest): Record<string, string | undefined> {
  const proof = sources.find((each) => each.kind === 'postgres' && each.database === 'orders') as PostgresProof;
  const names = new Map(proof.tables.map(({ dumpId, name }) => [dumpId, name]));
  const rows = proof.parts.flatMap(({ stretches = [], of }) =>
    stretches.map(({ dumpId }) => [names.get(dumpId) ?? '', of] as const),
  );
  return Object.fromEntries(rows);
}

async function drill(which: string): Promise<RunRecord['outcome']> {
  const record = await (await startRun(client, shop.drill({ which }))).end();
  return record.outcome;
}

test('a second night stores only what has changed, whatever the change was, and is restored as a whole', async () => {
  await withWorkers(plain, async () => {
    const first = await backUp();
    expect(new Set(Object.values(storedBy(first)))).toEqual(new Set([undefined]));

    await shop.sql(`update touched set text = 'new' where id = 7`, 'orders');
    await shop.sql(`delete from thinned where id = 7`, 'orders');
    // Neither of these writes a row that a transaction would own.
    await shop.sql(`alter type mood rename value 'good' to 'fine'`, 'orders');
    await shop.sql(`cluster sorted using by_text`, 'orders');
    const second = await backUp();

    expect(storedBy(second)).toEqual({
      ...{ kept: first.id, sorted: first.id, small_one: first.id, small_two: first.id },
      ...{ touched: undefined, thinned: undefined, renamed: undefined },
    });
    await expect(drill(second.id)).resolves.toMatchObject({ name: 'succeeded' });
  });
});

test('what another backup refers to is not condemned; a flipped bit in it is found in each of them', async () => {
  await withWorkers(plain, async () => {
    const third = await backUp({ retention: { ...retention, pardons: [] } });
    const [first] = Object.values(storedBy(third))
      .filter((of) => of !== undefined)
      .sort();
    expect(await shop.store.head(`${prefix}/${first}/state/condemned.json`)).toBeUndefined();

    const proof = third.sources.find((each) => each.kind === 'postgres' && each.database === 'orders') as PostgresProof;
    const { key = '', of = '' } = proof.parts.find(({ of }) => of === first) ?? {};
    const bytes: Buffer[] = [];
    for await (const chunk of await shop.store.get(`${prefix}/${of}/${key}`)) bytes.push(Buffer.from(chunk));
    const whole = Buffer.concat(bytes);
    whole.writeUInt8(whole.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1);
    await shop.store.put(`${prefix}/${of}/${key}`, asStream(whole));
    await expect(drill(third.id)).resolves.toMatchObject({
      code: 'BackupCorrupt',
      message: expect.stringContaining(of),
    });
  });
});

test('nothing is referred to that other keys have sealed, or where each night is to hold all', async () => {
  await withWorkers(plain, async () => {
    const [own = ''] = shop.backup().recipients;
    const others = await backUp({ recipients: [own] });
    expect(new Set(Object.values(storedBy(others)))).toEqual(new Set([undefined]));
    const [source] = shop.backup().sources;
    const whole = await backUp({
      recipients: [own],
      sources: [{ ...source, fullEvery: 1 } as Backup['sources'][number]],
    });
    expect(new Set(Object.values(storedBy(whole)))).toEqual(new Set([undefined]));
  });
});
