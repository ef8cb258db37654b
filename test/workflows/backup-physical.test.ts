import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { archivePhysically, flipBit, running, stanza, type Physical } from '../support/physical.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, spawnWorker, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(180_000);

let client: Client;
let shop: BackupShop;
let physical: Physical;
let scratch: string;

const backup = () =>
  shop.backup({
    sources: [
      {
        ...{ kind: 'pgbackrest', name: 'cluster', stanza, configuration: physical.configuration },
        ...{ fullEvery: 7, between: 'incr' },
      },
    ],
  });

const drill = (change: Parameters<BackupShop['drill']>[0] = {}) =>
  shop.drill({ backup: backup(), into: { pgbackrest: scratch }, ...change });

beforeAll(async () => {
  client = await connectClient();
  shop = await openBackupShop('physical');
  scratch = await mkdtemp(join(tmpdir(), 'scratch-'));
  await chmod(scratch, 0o711);
  physical = await archivePhysically(shop.source, shop.bucket.tokens, 'repo1-bundle=y');
  await shop.sql(`create table orders as select i, gen_random_uuid() || '' as t from generate_series(1, 20000) i`);
}, 180_000);

afterAll(async () => {
  await Promise.all([shop.close(), physical.repository.stop(), client.connection.close()]);
  await rm(scratch, { recursive: true, force: true });
});

interface Listed {
  label: string;
  annotation?: { runbook?: string };
}

async function listPhysical(): Promise<Listed[]> {
  const [found] = JSON.parse(await physical.run('info', '--output=json')) as [{ backup: Listed[] }];
  return found.backup;
}

/** Does the work of one activity a second time, as a worker does after one whose answer was lost. */
const repeating =
  (repeated: string): Wrap =>
  (name, activity) =>
    name !== repeated
      ? activity
      : async (input) => {
          await activity(input);
          return activity(input);
        };

test('a cluster is backed up once though its answer was lost; drills bring back the newest moment, and one before a mistake', async () => {
  const { backedUp, newest, earlier } = await withWorkers(repeating('backUpSource'), async () => {
    const backedUp = await (await startRun(client, backup())).end();
    await shop.sql('create table beats as select clock_timestamp() as at');
    const { rows } = await shop.sql('select clock_timestamp() as now');
    const [{ now }] = rows as [{ now: Date }];
    await shop.sql('drop table orders');
    await physical.archive();
    const canary = { database: 'postgres', sql: 'select max(at) from beats' };
    const gone = { database: 'postgres', sql: `select to_regclass('orders') is null`, expect: 't' };
    const newest = await (await startRun(client, drill({ canary, checks: [{ name: 'gone', ...gone }] }))).end();
    const there = { database: 'cluster/postgres', sql: 'select count(*) from orders', expect: '20000' };
    const at = now.toISOString();
    const earlier = await (await startRun(client, drill({ at, checks: [{ name: 'there', ...there }] }))).end();
    return { backedUp, newest, earlier };
  });

  expect(backedUp.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('verified') });
  const [made, ...others] = await listPhysical();
  expect(others).toEqual([]);
  expect(made?.annotation).toEqual({ runbook: `${backedUp.backup}/cluster` });
  expect(backedUp.steps.find(({ name }) => name === 'read every byte back')?.result).toMatch(
    new RegExp(`backup ${made?.label} and \\d+ segments of the log up to \\w{24}: whole`),
  );
  for (const drilled of [newest, earlier]) {
    expect(drilled.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('whole') });
    expect(drilled.drill?.stages.map(({ name }) => name)).toEqual(['restore cluster', 'checks']);
    expect(drilled.steps.find(({ name }) => name === 'compare cluster')?.result).toContain('none is damaged');
  }
  // Of the moment that was asked for nothing is missing.
  expect(earlier.drill?.rpoSeconds).toBe(0);
  expect(newest.drill?.rpoSeconds).toBeGreaterThan(0);
  expect(await readdir(scratch)).toEqual([]);
  expect(await running(scratch)).toEqual([]);
});

test('a worker killed while pgBackRest works is followed by another one: one backup, nothing left over', async () => {
  await shop.sql(
    `create table noise as select i, gen_random_uuid() || '' || gen_random_uuid() t from generate_series(1, 150000) i`,
  );
  const before = await listPhysical();
  const first = await spawnWorker();
  const run = await startRun(client, backup());
  await eventually('pgBackRest at work', 60, async () =>
    (await running(join(shop.bucket.tokens, physical.configuration))).some((each) => each.includes('--annotation')),
  );
  await first.kill('SIGKILL');
  const second = await spawnWorker();
  const record = await run.end();
  await second.kill('SIGTERM');

  expect(endOf(record)).toBe('succeeded');
  const after = await listPhysical();
  expect(after.slice(before.length).map(({ annotation }) => annotation?.runbook)).toEqual([`${record.backup}/cluster`]);
  expect(await running(`stanza=${stanza} --annotation`)).toEqual([]);
});

test('a backup that pgBackRest has removed by its own rules is no verified one any more, once the next one is', async () => {
  const ids = new Set<string>();
  const marked = async () => {
    for await (const { key } of shop.store.list(`nightly/${shop.environment}/physical/`))
      ids.add(key.split('/')[3] ?? '');
    const found: string[] = [];
    for (const id of ids)
      if (await shop.store.head(`nightly/${shop.environment}/physical/${id}/state/verified.json`)) found.push(id);
    return found.sort();
  };
  const [first, second, ...others] = await marked();
  expect([second, others]).toEqual([expect.stringMatching(/Z-/), []]);
  await physical.run('expire', `--set=${(await listPhysical()).at(-1)?.label}`);

  const record = await withWorkers(plain, async () => (await startRun(client, backup())).end());

  expect(endOf(record)).toBe('succeeded');
  expect(await marked()).toEqual([first, record.backup]);
});

test('a bit flipped in what a backup rests upon: it is no verified one, by the name of the file, and none is removed for it', async () => {
  const before = await listPhysical();
  const [full] = before;
  const path = physical.repository.fileOf(`pgbackrest/backup/${stanza}/${full?.label}/bundle/1`);
  await flipBit(path);

  const record = await withWorkers(plain, async () => (await startRun(client, backup())).end());

  expect(record.outcome).toMatchObject({
    code: 'BackupCorrupt',
    message: expect.stringContaining(`: ${full?.label}/pg_data/`),
  });
  expect((await listPhysical()).slice(0, -1)).toEqual(before);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
