import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copiesBelow, type Copies } from '../../../systems/sources/bucket/copies.js';
import { copyBucket } from '../../../systems/sources/bucket/copy.js';
import type { ObjectStore } from '../../../systems/objects/store.js';
import { startObjectStore, type TestStore } from '../../support/object-store.js';

let servers: TestStore[];
let from: ObjectStore;
let to: Copies;

beforeAll(async () => {
  servers = await Promise.all([startObjectStore(), startObjectStore()]);
  const [original, copy] = (await Promise.all(servers.map((server) => server.connect()))) as [ObjectStore, ObjectStore];
  from = original;
  to = copiesBelow(copy, 'copies');
}, 60_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

async function* one(text: string | Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
}

/** Copies, and answers the inventory and how many bytes were sent for it. */
async function copy(deletions: 'keep' | 'mirror' = 'keep', change: { onProgress?: (bytes: number) => void } = {}) {
  let sent = 0;
  const onProgress = (bytes: number) => {
    sent += bytes;
    change.onProgress?.(bytes);
  };
  const inventory = await copyBucket({ from, to, deletions, signal: new AbortController().signal, onProgress });
  return { keys: [...inventory.keys()].sort(), sent };
}

async function copies(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of to.store.list(to.objects)) keys.push(key.slice(to.objects.length));
  return keys;
}

test('a bucket is copied with all that is said of its objects; only what has changed is sent again; mirror deletes', async () => {
  const large = Buffer.alloc(17 * 1024 * 1024, 'large');
  const description = { ContentType: 'image/png', CacheControl: 'max-age=60', Metadata: { owner: 'shop' } };
  await from.put('a b/ü+?.png', one('a picture'), { description });
  await from.put('large', one(large), { description });
  await from.put('empty', one(''));

  expect(await copy()).toEqual({ keys: ['a b/ü+?.png', 'empty', 'large'], sent: 9 + large.length });
  for (const key of ['a b/ü+?.png', 'large']) {
    const found = await to.store.open(to.objects + key);
    expect(found.description).toEqual(description);
    for await (const chunk of found.body) expect(chunk.length).toBeGreaterThan(0);
  }
  expect((await copy()).sent).toBe(0);

  await from.put('empty', one('no more'));
  await to.store.put(`${to.objects}a b/ü+?.png`, one('other one'));
  await from.remove(['large']);
  expect(await copy()).toEqual({ keys: ['a b/ü+?.png', 'empty'], sent: 7 + 9 });
  expect(await copies()).toContain('large');
  expect((await copy('mirror')).sent).toBe(0);
  expect(await copies()).toEqual(['a b/ü+?.png', 'empty']);
}, 60_000);

test('what an interrupted run has sent is not sent again, and nothing was deleted by it', async () => {
  for (const name of ['1', '2', '3', '4', '5', '6', '7', '8', '9']) await from.put(name, one(name.repeat(1000)));
  await from.remove(['empty']);
  const before = await copies();
  let seen = 0;
  const onProgress = (bytes: number) => {
    seen += bytes;
    if (seen === 9000) throw new Error('the worker is stopped');
  };

  await expect(copy('mirror', { onProgress })).rejects.toThrow('stopped');

  expect(await copies()).toEqual(expect.arrayContaining(before));
  const again = await copy('mirror');
  expect(again.sent).toBeLessThan(9000);
  expect(again.keys).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'a b/ü+?.png']);
  expect(await copies()).toEqual(again.keys);
}, 60_000);

test('an empty bucket never empties its copy', async () => {
  const keys: string[] = [];
  for await (const { key } of from.list('')) keys.push(key);
  await from.remove(keys);

  await expect(copy('mirror')).rejects.toMatchObject({ code: 'Refused' });

  expect(await copies()).toHaveLength(10);
}, 60_000);
