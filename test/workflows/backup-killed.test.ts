import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { sealedObjects } from '../../activities/backing-up.js';
import type { Manifest } from '../../core/manifest.js';
import type { Backup } from '../../runbooks/backup.js';
import type { Restore } from '../../runbooks/restore.js';
import type { LiveObject } from '../../systems/sources/kubernetes/live-object.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { startFaultyStore, type FaultyStore } from '../support/faulty-store.js';
import { startObjectStore, type TestStore } from '../support/object-store.js';
import { replayAll } from '../support/replay.js';
import { connectClient, startRun, type StartedRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, spawnWorker, withWorkers, type WorkerProcess } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';

jest.setTimeout(240_000);

let client: Client;
let shop: BackupShop;
let world: World;
let pictures: TestStore;
let home: string;
/** In front of the bucket that backups go to. */
let proxy: FaultyStore;

/** A backup of one source, as a service of its own. */
function backupOf(source: Backup['sources'][number]): Backup {
  const to = { ...shop.bucket.spec, endpoint: proxy.endpoint, prefix: 'nightly' };
  return shop.backup({ service: source.name, sources: [source], to });
}

function sources(): Backup['sources'] {
  const { endpoint, region, bucket } = pictures.spec;
  const from = { endpoint, region, bucket, credentials: 'pictures' };
  const to = { ...shop.bucket.spec, endpoint: proxy.endpoint, prefix: 'copies' };
  return [
    { kind: 'bucket', name: 'pictures', from, to, deletions: 'mirror' },
    { kind: 'files', name: 'config', paths: [join(home, 'config')] },
    { kind: 'kubernetes', name: 'objects', namespace: world.namespace, exclude: [] },
  ];
}

const restoreOf = (backup: Backup): Restore => ({
  ...{ kind: 'restore', service: 'orders', environment: shop.environment, backup, which: 'newest' },
  ...{ into: { postgres: 'scratch-db' }, rename: {}, streams: 1, checks: [], onFailure: 'undo' },
});

beforeAll(async () => {
  client = await connectClient();
  [shop, world, pictures] = await Promise.all([openBackupShop('killed'), createWorld('killed'), startObjectStore()]);
  proxy = await startFaultyStore(shop.bucket.endpoint);
  home = await mkdtemp(join(tmpdir(), 'killed-'));
  await mkdir(join(home, 'config'));
  await writeFile(join(home, 'config', 'compose.yaml'), 'services: {}\n');
  const store = await pictures.connect();
  const one = async function* (text: string) {
    yield await Promise.resolve(Buffer.from(text));
  };
  for (const key of ['one.png', 'two.png', 'three.png']) await store.put(key, one(`a picture, ${key}`));
  await writeFile(join(shop.bucket.tokens, 'pictures'), await readFile(join(pictures.tokens, 'store')));
  await shop.sql('create database orders');
  await shop.sql('create table orders as select i id, md5(i::text) what from generate_series(1, 3000) i', 'orders');
}, 120_000);

afterAll(async () => {
  proxy.stop();
  await Promise.all([shop.close(), world.tearDown(), pictures.stop(), client.connection.close()]);
  await rm(home, { recursive: true, force: true });
});

/** Lets each of these requests hang, kills the worker with kill -9 when all do, and starts the next one. */
async function killInTheMiddle(worker: WorkerProcess, requests: RegExp[]): Promise<WorkerProcess> {
  await eventually('all runs in the middle of it', 90, () =>
    Promise.resolve(requests.every((request) => proxy.requests.some((seen) => request.test(seen)))),
  );
  await worker.kill('SIGKILL');
  proxy.schedule = () => undefined;
  return spawnWorker();
}

function hangAt(requests: RegExp[]): void {
  proxy.requests = [];
  proxy.schedule = ({ method, path }) =>
    requests.some((request) => request.test(`${method} ${path}`)) ? { done: false, answer: 'hangs' } : undefined;
}

async function listScratchPlaces(): Promise<string[]> {
  const databases = await shop.sql(`select datname from pg_database where not datistemplate`, 'postgres', shop.scratch);
  const { items } = (await world.api.call({ method: 'GET', path: '/api/v1/namespaces' })) as { items: LiveObject[] };
  const spaces = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('drill-killed'));
  const names = (databases.rows as Array<{ datname: string }>).map(({ datname }) => datname);
  return [...names.sort(), ...spaces, ...(await readdir(home))];
}

/** What the store keeps of a service's backups, and what their manifests say that it should. */
async function listStored(service: string): Promise<{ ids: string[]; stored: string[]; named: string[] }> {
  const folder = `nightly/${shop.environment}/${service}/`;
  const stored: string[] = [];
  for await (const { key } of shop.store.list(folder)) stored.push(key.slice(folder.length));
  const ids = [...new Set(stored.map((key) => key.split('/')[0] ?? ''))];
  const named: string[] = [];
  for (const id of ids) {
    const manifest = JSON.parse(await readFile(shop.bucket.fileOf(`${folder}${id}/manifest.json`), 'utf8')) as Manifest;
    named.push(...sealedObjects(manifest.sources).map(({ key }) => `${id}/${key}`));
    named.push(...['manifest.json', 'manifest.json.sig', 'state/verified.json'].map((key) => `${id}/${key}`));
  }
  return { ids, stored: stored.sort(), named: named.sort() };
}

const endAll = (runs: StartedRun[]) => Promise.all(runs.map((run) => run.end()));

test('a worker killed in the middle of three backups and a restore, then of the drills, changes nothing but the time', async () => {
  const orders = backupOf({
    kind: 'postgres',
    name: 'orders',
    connection: 'source-db',
    databases: ['orders'],
    streams: 1,
    fullEvery: 1,
  });
  await withWorkers(plain, async () => (await startRun(client, orders)).end());
  const backups = sources().map(backupOf);
  const sent = [/^PUT .*\/copies\/objects\/two/, /^PUT .*\/config\/archive/, /^PUT .*\/objects\/objects\.yaml/];
  const restored = /^GET .*\/orders\/orders\/000001/;
  hangAt([...sent, restored]);

  let worker = await spawnWorker();
  const runs = [
    ...(await Promise.all(backups.map((backup) => startRun(client, backup)))),
    await startRun(client, restoreOf(orders)),
  ];
  worker = await killInTheMiddle(worker, [...sent, restored]);
  const records = await endAll(runs);

  expect(records.map(({ outcome }) => outcome?.name)).toEqual(runs.map(() => 'succeeded'));
  for (const [at, { service }] of backups.entries()) {
    const { ids, stored, named } = await listStored(service);
    expect(ids).toEqual([records[at]?.backup]);
    expect(stored).toEqual(named);
  }
  const copies: string[] = [];
  for await (const { key } of shop.store.list('copies/')) copies.push(key);
  expect(copies.sort()).toEqual(
    ['index.jsonl', 'objects/one.png', 'objects/three.png', 'objects/two.png'].map((key) => `copies/${key}`),
  );
  expect(await shop.bucket.uploads()).toEqual([]);
  expect(await listScratchPlaces()).toEqual(['orders', 'postgres', 'config']);
  const { rows } = await shop.sql('select count(*)::int n from orders', 'orders', shop.scratch);
  expect(rows).toEqual([{ n: 3000 }]);

  const read = [/^GET .*\/config\/archive/, /^GET .*\/objects\/objects\.yaml/, /^GET .*\/copies\/objects\/two/];
  hangAt(read);
  const into = { kubernetes: 'drill-killed', files: home };
  const drills = await Promise.all(
    backups.map((backup) => startRun(client, shop.drill({ service: backup.service, backup, into }))),
  );
  worker = await killInTheMiddle(worker, read);
  const drilled = await endAll(drills);
  await worker.kill('SIGTERM');

  expect(drilled.map(({ outcome }) => outcome?.message)).toEqual(
    drills.map(() => expect.stringContaining('came back whole')),
  );
  expect(await listScratchPlaces()).toEqual(['orders', 'postgres', 'config']);
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
