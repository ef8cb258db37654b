import { generateKeyPairSync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Manifest } from '../../../core/manifest.js';
import type { ObjectStore } from '../../../systems/objects/store.js';
import { listBackups, listOrphans, markState, readStates } from '../../../systems/vault/backup-list.js';
import { commitManifest, readManifest } from '../../../systems/vault/manifest-file.js';
import { readSigningKey, type SigningKey } from '../../../systems/vault/signing.js';
import { startFaultyStore, type FaultyStore } from '../../support/faulty-store.js';
import { startObjectStore, type TestStore } from '../../support/object-store.js';
import { stream } from '../objects/streams.js';

// Megabytes through several programs, beside other tests.
jest.setTimeout(60_000);

let server: TestStore;
let proxy: FaultyStore;
let store: ObjectStore;
let key: SigningKey;

beforeAll(async () => {
  server = await startObjectStore();
  proxy = await startFaultyStore(server.endpoint);
  store = await server.connect();
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(join(server.tokens, 'signing'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  key = await readSigningKey(server.tokens, 'signing');
}, 600_000);
afterAll(async () => {
  proxy.stop();
  await server.stop();
});

function manifestOf(id: string, runId = 'run-1'): Manifest {
  return {
    ...{ version: 1, id, service: 'shop', environment: 'dev', runId },
    ...{ startedAt: '2026-01-01T02:00:00Z', recoveryPoint: '2026-01-01T02:00:01Z', finishedAt: '2026-01-01T02:05:00Z' },
    ...{ recipients: ['age1…'], tools: { zstd: '1.5.4' }, sources: [] },
  };
}

test('a committed manifest is read again; the same one commits twice, another one not', async () => {
  const manifest = manifestOf('20260101T020000Z-aaaaaaaa');
  await commitManifest(store, 'commits/shop', manifest, key);
  // Members in another order are the same manifest.
  await commitManifest(store, 'commits/shop', Object.fromEntries(Object.entries(manifest).toReversed()) as never, key);
  expect(await readManifest(store, 'commits/shop', manifest.id, key.publicKey)).toEqual(manifest);
  await expect(commitManifest(store, 'commits/shop', { ...manifest, runId: 'run-2' }, key)).rejects.toMatchObject({
    code: 'Conflict',
  });
  expect(await readManifest(store, 'commits/shop', manifest.id, key.publicKey)).toEqual(manifest);
  // Two at once, as a worker that was thought dead would.
  const [one, two] = ['run-1', 'run-2'].map((runId) => manifestOf('20260102T020000Z-bbbbbbbb', runId));
  await Promise.all([
    commitManifest(store, 'commits/shop', one as Manifest, key),
    commitManifest(store, 'commits/shop', one as Manifest, key),
  ]);
  await expect(commitManifest(store, 'commits/shop', two as Manifest, key)).rejects.toMatchObject({ code: 'Conflict' });
});

test('a worker that dies between two of its writes has committed nothing, and the next one does', async () => {
  const manifest = manifestOf('20260103T020000Z-cccccccc');
  const dying = await server.connect({ endpoint: proxy.endpoint }, { patienceSeconds: 0 });
  for (const name of ['manifest.json.sig', 'manifest.json?']) {
    proxy.schedule = ({ method, path }) =>
      method === 'PUT' && path.includes(name) ? { done: false, answer: 'breaks off' } : undefined;
    await expect(commitManifest(dying, 'dying/shop', manifest, key)).rejects.toMatchObject({
      code: 'StoreUnreachable',
    });
    await expect(readManifest(store, 'dying/shop', manifest.id, key.publicKey)).rejects.toMatchObject({
      code: 'NotFound',
    });
    expect(await listBackups(store, 'dying/shop')).toEqual([]);
  }
  expect((await listOrphans(store, 'dying/shop')).map((orphan) => orphan.key)).toEqual([
    `dying/shop/${manifest.id}/manifest.json.sig`,
  ]);
  proxy.schedule = () => undefined;
  await commitManifest(dying, 'dying/shop', manifest, key);
  expect(await listBackups(store, 'dying/shop')).toEqual([{ id: manifest.id, states: ['committed'] }]);
});

test('a manifest that was changed, moved, signed by another key, or whose signature is gone, is no backup', async () => {
  const manifest = manifestOf('20260104T020000Z-dddddddd');
  await commitManifest(store, 'changed', manifest, key);
  const read = (id: string, publicKey = key.publicKey) => readManifest(store, 'changed', id, publicKey);
  const file = server.fileOf(`changed/${manifest.id}/manifest.json`);
  const text = await readFile(file);
  const corrupt = { code: 'BackupCorrupt', message: expect.stringContaining(`changed/${manifest.id}/manifest.json`) };
  const stranger = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await expect(read(manifest.id, stranger)).rejects.toMatchObject(corrupt);
  for (const place of [0, 20, text.length - 1]) {
    const flipped = Buffer.from(text);
    flipped.writeUInt8(flipped.readUInt8(place) ^ 1, place);
    await writeFile(file, flipped);
    await expect(read(manifest.id)).rejects.toMatchObject(corrupt);
  }
  await writeFile(file, text);
  await expect(read(manifest.id)).resolves.toEqual(manifest);
  const signature = await readFile(`${file}.sig`);
  for (const name of ['manifest.json.sig', 'manifest.json']) {
    const bytes = name.endsWith('.sig') ? signature : text;
    await store.put(`changed/20260105T020000Z-eeeeeeee/${name}`, stream(bytes));
  }
  await expect(read('20260105T020000Z-eeeeeeee')).rejects.toMatchObject({ code: 'BackupCorrupt' });
  await rm(`${file}.sig`);
  await expect(read(manifest.id)).rejects.toMatchObject(corrupt);
  const next = { ...manifestOf('20260106T020000Z-ffffffff'), version: 2 } as never;
  await expect(commitManifest(store, 'changed', next, key)).rejects.toMatchObject({ code: 'Refused' });
});

test('backups are listed newest first with what is proven of them, orphans apart', async () => {
  const ids = ['20260201T020000Z-11111111', '20260203T020000Z-33333333', '20260202T020000Z-22222222'];
  for (const id of ids) {
    await store.put(`listed/shop/${id}/a table/1`, stream(Buffer.from('sealed')));
    await commitManifest(store, 'listed/shop', manifestOf(id), key);
  }
  const orphan = '20260204T020000Z-44444444';
  await store.put(`listed/shop/${orphan}/a table/1`, stream(Buffer.from('sealed')));
  await store.put('listed/shop-2/20260101T020000Z-55555555/x', stream(Buffer.from('of somebody else')));
  await markState(store, 'listed/shop', ids[0] ?? '', 'verified', { at: '2026-02-02T00:00:00Z' });
  await markState(store, 'listed/shop', ids[0] ?? '', 'verified', { at: '2026-02-03T00:00:00Z' });
  await markState(store, 'listed/shop', ids[0] ?? '', 'drilled', { rtoSeconds: 12 });
  expect(await listBackups(store, 'listed/shop')).toEqual([
    { id: ids[1], states: ['committed'] },
    { id: ids[2], states: ['committed'] },
    { id: ids[0], states: ['committed', 'verified', 'drilled'] },
  ]);
  expect(await readStates(store, 'listed/shop', ids[0] ?? '')).toEqual({
    committed: {},
    verified: { at: '2026-02-03T00:00:00Z' },
    drilled: { rtoSeconds: 12 },
  });
  expect(await readStates(store, 'listed/shop', orphan)).toEqual({});
  expect(await listOrphans(store, 'listed/shop')).toMatchObject([{ id: orphan, bytes: 6 }]);
});
