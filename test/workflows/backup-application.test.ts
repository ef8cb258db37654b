import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Backup } from '../../runbooks/backup.js';
import { scratchNamespace } from '../../systems/sources/kubernetes/scratch.js';
import type { LiveObject } from '../../systems/sources/kubernetes/live-object.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { startObjectStore, type TestStore } from '../support/object-store.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { plain, withWorkers } from '../support/workers.js';
import { createWorld, type World } from '../support/world.js';

jest.setTimeout(120_000);

let client: Client;
let shop: BackupShop;
let world: World;
let pictures: TestStore;
let home: string;
let backup: Backup;

/** What a shop has besides its Deployment: with each of them a careless copy goes wrong. */
function moreObjects(namespace: string): KubernetesObject[] {
  const of = (apiVersion: string, kind: string, name: string, rest: object): KubernetesObject => ({
    ...{ apiVersion, kind, metadata: { name, namespace } },
    ...rest,
  });
  const template = {
    metadata: { labels: { app: 'db' } },
    spec: { containers: [{ name: 'db', image: 'registry.local/none:1' }] },
  };
  const job = { template: { spec: { ...template.spec, restartPolicy: 'Never' } } };
  return [
    of('v1', 'Secret', 'keys', { stringData: { on: 'yes', '012': '012', text: 'a\n---\nb', hidden: 'hush' } }),
    of('v1', 'Service', 'headless', { spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 5432 }] } }),
    of('v1', 'Service', 'outside', { spec: { type: 'NodePort', selector: { app: 'db' }, ports: [{ port: 80 }] } }),
    of('apps/v1', 'StatefulSet', 'db', {
      spec: { serviceName: 'headless', replicas: 0, selector: { matchLabels: { app: 'db' } }, template },
    }),
    of('batch/v1', 'CronJob', 'nightly', { spec: { schedule: '0 2 * * *', jobTemplate: { spec: job } } }),
    of('batch/v1', 'Job', 'suspended', { spec: { ...job, suspend: true } }),
    of('v1', 'Pod', 'alone', { spec: template.spec }),
    of('v1', 'PersistentVolumeClaim', 'disk', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
  ];
}

beforeAll(async () => {
  client = await connectClient();
  [shop, world, pictures] = await Promise.all([openBackupShop('app'), createWorld('app'), startObjectStore()]);
  for (const object of moreObjects(world.namespace)) await world.apply(object);
  home = await mkdtemp(join(tmpdir(), 'application-'));
  await writeFile(join(home, 'compose.yaml'), 'services: {}\n', { mode: 0o640 });
  await symlink('compose.yaml', join(home, 'docker-compose.yaml'));
  const store = await pictures.connect();
  const one = async function* () {
    yield await Promise.resolve(Buffer.from('a picture'));
  };
  const description = { ContentType: 'image/png', CacheControl: 'max-age=60', Metadata: { owner: 'shop' } };
  await store.put('a b/ü+?.png', one(), { description });
  await writeFile(join(shop.bucket.tokens, 'pictures'), await readFile(join(pictures.tokens, 'store')));
  const { endpoint, region, bucket } = pictures.spec;
  const from = { endpoint, region, bucket, credentials: 'pictures' };
  const to = { ...shop.bucket.spec, prefix: 'copies/pictures' };
  backup = shop.backup({
    sources: [
      { kind: 'bucket', name: 'pictures', from, to, deletions: 'mirror' },
      { kind: 'files', name: 'config', paths: [home] },
      { kind: 'kubernetes', name: 'objects', namespace: world.namespace, exclude: [] },
    ],
  });
}, 120_000);

afterAll(async () => {
  await Promise.all([shop.close(), world.tearDown(), pictures.stop(), client.connection.close()]);
  await rm(home, { recursive: true, force: true });
});

async function scratchSpaces(): Promise<string[]> {
  const { items } = (await world.api.call({ method: 'GET', path: '/api/v1/namespaces' })) as { items: LiveObject[] };
  return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('drill-app'));
}

const drill = () => shop.drill({ backup, into: { kubernetes: 'drill-app', files: home } });

test('objects, files and a bucket are backed up; a drill brings them back, finds them the same, and leaves nothing', async () => {
  const { backedUp, drilled } = await withWorkers(plain, async () => ({
    backedUp: await (await startRun(client, backup)).end(),
    drilled: await (await startRun(client, drill())).end(),
  }));

  expect(endOf(backedUp)).toBe('succeeded');
  expect(drilled.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('whole') });
  const compared = drilled.steps.filter(({ name }) => name.startsWith('compare '));
  expect(compared.map(({ name, result }) => [name, result])).toEqual([
    ['compare objects', expect.stringMatching(/^1\d objects: the same$/)],
    ['compare config', '3 entries: the same'],
    ['compare pictures', '1 objects: the same'],
  ]);
  expect(drilled.drill?.stages.map(({ name }) => name)).toEqual([...['restore objects', 'restore config', 'checks']]);
  expect(await scratchSpaces()).toEqual([]);
  expect(await readdir(home)).toEqual(['compose.yaml', 'docker-compose.yaml']);
  const manifest = JSON.stringify(
    await Promise.all(
      (await readdir(shop.bucket.fileOf(`nightly/${shop.environment}/app`))).map((id) =>
        readFile(shop.bucket.fileOf(`nightly/${shop.environment}/app/${id}/manifest.json`), 'utf8'),
      ),
    ),
  );
  expect(manifest).toContain('StatefulSet');
  expect(manifest).not.toContain('ReplicaSet');
  expect(manifest).not.toContain(Buffer.from('hush').toString('base64'));
});

test('a copy in which a disk has flipped a bit fails the drill, by name; nothing is left of it', async () => {
  await writeFile(shop.bucket.fileOf('copies/pictures/objects/a b/ü+?.png'), 'a qicture');

  const drilled = await withWorkers(plain, async () => (await startRun(client, drill())).end());

  expect(drilled.outcome).toMatchObject({ name: 'undone', code: 'BackupCorrupt' });
  expect(drilled.outcome?.message).toContain('a b/ü+?.png');
  expect(await scratchSpaces()).toEqual([]);
  expect(await readdir(home)).toEqual(['compose.yaml', 'docker-compose.yaml']);
});

test('a namespace that no drill has made is never touched', async () => {
  const metadata = { name: `drill-app-r-${process.pid}` };
  await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  const proof = { kind: 'kubernetes', name: `${process.pid}`, namespace: 'shop', entries: [] } as never;
  try {
    const scratch = scratchNamespace(world.api, 'drill-app', proof, 'r');
    await expect(scratch.prepare()).rejects.toMatchObject({ code: 'Refused' });
    await expect(scratch.remove()).rejects.toThrow(/found one of somebody else/);
    await expect(scratchNamespace(world.api, 'shop', proof, 'r').remove()).rejects.toThrow(/begins with drill-/);
    expect(await scratchSpaces()).toEqual([metadata.name]);
  } finally {
    await world.api.call({ method: 'DELETE', path: `/api/v1/namespaces/${metadata.name}` });
  }
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
