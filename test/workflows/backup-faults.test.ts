import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { Backup } from '../../runbooks/backup.js';
import { chooseUpdate } from '../../workflows/messages.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { failingAfter, plain, spawnWorker, type Wrap, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

let client: Client;
let shop: BackupShop;

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('faults');
  await shop.sql('create database shop');
  // Enough for several parts, and rows that no compressor makes small.
  await shop.sql(
    `create table noise as select i, gen_random_uuid()::text || gen_random_uuid() || gen_random_uuid() t
       from generate_series(1, 1200000) i`,
    'shop',
  );
}, 180_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

/** As a mounted Secret changes: whoever reads it meanwhile has the one or the other. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.next`, text);
  await rename(`${file}.next`, file);
}

async function listAll(): Promise<Map<string, Date>> {
  const found = new Map<string, Date>();
  for await (const { key, modifiedAt } of shop.store.list('nightly/')) found.set(key, modifiedAt);
  return found;
}

/** Each stores all of it, whatever the one before holds. */
function whole(change: Partial<Backup> = {}): Backup {
  const source = { kind: 'postgres' as const, name: 'db', connection: 'source-db', streams: 2, fullEvery: 1 };
  return shop.backup({ sources: [source], ...change });
}

const parts = (objects: Map<string, Date>) =>
  [...objects].filter(([key]) => /\/shop\/0*[1-9]\d*\.\d+\.zst\.age$/.test(key));

test('a worker killed in the middle of a backup is followed by another one, which goes on in the same snapshot', async () => {
  const first = await spawnWorker();
  const run = await startRun(client, whole());
  const before = await eventually('a stored part', 60, async () => {
    const stored = await listAll();
    return parts(stored).length >= 2 && stored;
  });
  // What has been stored is told with the next heartbeat.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await first.kill('SIGKILL');
  await shop.sql('delete from noise where i > 1000000', 'shop');
  const second = await spawnWorker();
  const record = await run.end();
  await second.kill('SIGTERM');

  expect(endOf(record)).toBe('succeeded');
  // Rows that were deleted in between are in it: they were there in its moment.
  expect(record.steps.find(({ name }) => name === 'back up db')?.result).toContain('1200000 rows');
  const after = await listAll();
  const folders = new Set([...after.keys()].map((key) => key.split('/')[3]));
  expect([...folders]).toEqual([record.backup]);
  expect(parts(before).length).toBeGreaterThan(0);
  expect(await shop.bucket.uploads()).toEqual([]);
  const { rows } = await shop.sql(
    "select count(*)::int n from pg_stat_activity where query like 'select pg_sleep%'",
    'shop',
  );
  expect(rows).toEqual([{ n: 0 }]);
});

test('a database server that is restarted in the middle ends the snapshot: the next try begins a new one, and nothing is left of the first', async () => {
  const before = await listAll();
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, whole());
    await eventually('a stored part', 60, async () => parts(await listAll()).length > parts(before).length);
    await shop.source.restart();
    return run.end();
  });

  expect(endOf(record)).toBe('succeeded');
  const own = parts(await listAll()).filter(([key]) => key.includes(`/${record.backup}/`));
  const attempts = new Set(own.map(([key]) => key.split('.').at(-3)));
  expect(attempts.size).toBe(1);
  expect(attempts).not.toContain('1');
});

test.each(['backUpSource', 'commitBackup'])(
  'a backup that fails after %s leaves nothing of itself in the store',
  async (activity) => {
    const before = await listAll();
    const runbook = whole();

    const record = await withWorkers(failingAfter(activity), async () => (await startRun(client, runbook)).end());

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
    expect([...(await listAll()).keys()]).toEqual([...before.keys()]);
  },
);

test('each step made twice, as after a lost answer, makes one backup', async () => {
  const before = await listAll();
  const twice: Wrap = (_, activity) => async (input) => {
    await activity(input);
    return activity(input);
  };

  const record = await withWorkers(twice, async () => (await startRun(client, whole())).end());

  expect(endOf(record)).toBe('succeeded');
  const added = [...(await listAll()).keys()].filter((key) => !before.has(key));
  expect(new Set(added.map((key) => key.split('/')[3]))).toEqual(new Set([record.backup]));
  expect(added.filter((key) => /\/(sources|progress)\//.test(key))).toEqual([]);
});

test('keys that the store refuses make the run wait, keeping its place, until somebody has put them right', async () => {
  const file = join(shop.bucket.tokens, 'store');
  const right = await readFile(file, 'utf8');
  const runbook = whole({ onFailure: 'ask' });

  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, runbook);
    await run.until('a plan', ({ plan }) => plan !== undefined);
    await replaceFile(file, JSON.stringify({ accessKeyId: 'WRONG', secretAccessKey: 'wrong' }));
    const asking = await run.until('a question', ({ phase }) => phase === 'asking');
    expect(asking.steps.at(-1)).toMatchObject({ state: 'asking', error: expect.stringContaining('store ') });
    await replaceFile(file, right);
    await run.handle.executeUpdate(chooseUpdate, { args: [{ action: 'retry', by: 'bob' }] });
    return run.end();
  });

  expect(endOf(record)).toBe('succeeded');
});

test('a bit that was flipped in a stored object is found by its name, and fails the drill', async () => {
  const newest =
    [...(await listAll()).keys()]
      .filter((key) => /\/000001\.\d+\.zst\.age$/.test(key))
      .sort()
      .at(-1) ?? '';
  const path = shop.bucket.fileOf(newest);
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(path, bytes);

  const record = await withWorkers(plain, async () => (await startRun(client, shop.drill())).end());

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'BackupCorrupt',
    message: expect.stringContaining('/000001.'),
  });
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
