import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { ObjectStore } from '../../../systems/objects/store.js';
import { startFaultyStore, type FaultyStore, type StoreFault } from '../../support/faulty-store.js';
import { startObjectStore, type TestStore } from '../../support/object-store.js';
import { bytesOf, stream } from './streams.js';

// Megabytes through several programs, beside other tests.
jest.setTimeout(60_000);

let server: TestStore;
let proxy: FaultyStore;
let store: ObjectStore;
/** Without the proxy. */
let direct: ObjectStore;

beforeAll(async () => {
  server = await startObjectStore();
  proxy = await startFaultyStore(server.endpoint);
  store = await server.connect({ endpoint: proxy.endpoint });
  direct = await server.connect();
}, 600_000);
afterEach(() => {
  proxy.schedule = () => undefined;
  proxy.requests = [];
  proxy.faults = 0;
});
afterAll(async () => {
  proxy.stop();
  await server.stop();
});

const small = randomBytes(1000);
/** In two parts. */
const large = randomBytes(8 * 1024 * 1024 + 5000);
const isSame = async (key: string, bytes: Buffer) => (await bytesOf(await direct.get(key))).equals(bytes);

const isPart = (_: string, path: string) => path.includes('partNumber=');
const isComplete = (method: string, path: string) => method === 'POST' && path.includes('uploadId=');

/** The first `times` requests that match go wrong. */
function fail(times: number, matches: (method: string, path: string) => boolean, fault: StoreFault): void {
  proxy.schedule = ({ method, path }) => (times > 0 && matches(method, path) ? (times--, fault) : undefined);
}

test('with 30 % of all calls answered by 5xx everything still happens, once', async () => {
  const statuses = [500, 502, 503];
  // Of each ten calls the first, the fourth and the seventh; half of them after the server has done it.
  proxy.schedule = ({ index }) =>
    index % 10 < 9 && index % 3 === 0
      ? { done: index % 2 === 0, answer: { status: statuses[(index % 7) % 3] ?? 500, code: 'InternalError' } }
      : undefined;
  await store.put('shaken/large', stream(large));
  for (let each = 0; each < 8; each += 1) await store.put(`shaken/${each}`, stream(small), { ifAbsent: true });
  expect((await bytesOf(await store.get('shaken/large'))).equals(large)).toBe(true);
  const keys: string[] = [];
  for await (const { key } of store.list('shaken/')) keys.push(key);
  expect(keys).toHaveLength(9);
  await store.remove(keys.slice(1));
  expect(proxy.faults / proxy.requests.length).toBeGreaterThan(0.25);
  expect(await isSame(keys[0] ?? '', small)).toBe(true);
  // An answer to "begin" that was lost leaves an upload that nobody knows; it is found.
  await store.abandonUploads('shaken/', 0);
  expect(await server.uploads()).toEqual([]);
});

test.each([
  ['a part', isPart],
  ['the end of an upload', isComplete],
  ['a whole object', (method: string, path: string) => method === 'PUT' && !isPart(method, path)],
] as const)(
  'an error in a 200 to %s, and a lost answer, are noticed',
  async (_, matches) => {
    const [key, bytes] = matches('PUT', '/tests/x') ? ['noticed/small', small] : ['noticed/large', large];
    for (const fault of [
      { done: false, answer: { status: 200, code: 'InternalError' } },
      { done: false, answer: { status: 200, code: '' } },
      { done: true, answer: { status: 200, code: 'InternalError' } },
      { done: true, answer: 'breaks off' },
      { done: false, answer: 'breaks off' },
    ] as const) {
      await direct.remove([key]);
      fail(1, matches, fault);
      const before = proxy.faults;
      await store.put(key, stream(bytes), { ifAbsent: true });
      expect(proxy.faults).toBe(before + 1);
      expect(await isSame(key, bytes)).toBe(true);
    }
    expect(await server.uploads()).toEqual([]);
  },
  60_000,
);

test('an error in each 200 is a failure in the end, and leaves an older object as it was', async () => {
  await direct.put('older', stream(small));
  const hasty = await server.connect({ endpoint: proxy.endpoint }, { patienceSeconds: 0 });
  for (const [code, found] of [
    ['InternalError', 'InternalError made to fail'],
    ['', 'expected 1000 bytes to be there after it, found an object of 1000, not as sent'],
  ] as const) {
    fail(Infinity, (method) => method === 'PUT', { done: false, answer: { status: 200, code } });
    await expect(hasty.put('older', stream(randomBytes(1000)))).rejects.toMatchObject({
      code: 'StoreUnreachable',
      message: expect.stringContaining(found),
    });
  }
  expect(await isSame('older', small)).toBe(true);
});

test('a part that hangs, before or after it was taken, is sent again', async () => {
  for (const done of [false, true]) {
    fail(1, isPart, { done, answer: 'hangs' });
    await store.put('stalled', stream(large), { stallSeconds: 1 });
    expect(await isSame('stalled', large)).toBe(true);
  }
  expect(proxy.faults).toBe(2);
  expect(proxy.requests.filter((request) => isPart('PUT', request))).toHaveLength(2 * 2 + 2);
  expect(await server.uploads()).toEqual([]);
});

test('a source that fails once nobody asks it any more ends no process', async () => {
  const stop = new AbortController();
  let asked = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      asked += 1;
      await Promise.resolve();
      stop.signal.throwIfAborted();
      yield randomBytes(1024 * 1024);
    }
  }
  // No part gets through, so the next one is not asked for when the caller ends it.
  proxy.schedule = ({ method, path }) => {
    if (!isPart(method, path)) return undefined;
    if (proxy.faults === 3) stop.abort(new Error('the run was aborted'));
    return { done: false, answer: { status: 503, code: 'SlowDown' } };
  };

  await expect(store.put('ended', endless(), { signal: stop.signal })).rejects.toThrow('the run was aborted');
  const before = asked;
  // An error that nobody hears comes with a later turn.
  await pause(100);
  expect(asked).toBe(before);
  expect(await server.uploads()).toEqual([]);
});

test('a disk that is full is told at once, and no half object stays', async () => {
  const full = { done: false, answer: { status: 507, code: 'XMinioStorageFull' } } as const;
  fail(1, (_, path) => path.includes('partNumber=2'), full);
  const told = { code: 'StoreFull', message: expect.stringContaining('make room') };
  await expect(store.put('full', stream(large))).rejects.toMatchObject(told);
  fail(1, (method) => method === 'PUT', full);
  await expect(store.put('full', stream(small))).rejects.toMatchObject(told);
  expect(proxy.faults).toBe(2);
  expect(await direct.head('full')).toBeUndefined();
  expect(await server.uploads()).toEqual([]);
});

test('what a killed worker left is taken away when it is old enough, and nothing else', async () => {
  // The worker dies: no more request of it arrives, also not the abort.
  fail(Infinity, (method, path) => method === 'DELETE' || path.includes('partNumber=2'), {
    done: false,
    answer: 'breaks off',
  });
  const dying = await server.connect({ endpoint: proxy.endpoint }, { patienceSeconds: 0 });
  for (const key of ['left/a b', 'other/a']) await expect(dying.put(key, stream(large))).rejects.toThrow();
  expect(await server.uploads()).toHaveLength(2);
  expect(await direct.abandonUploads('left/', 3600)).toBe(0);
  await pause(1100);
  expect(await direct.abandonUploads('left/', 1)).toBe(1);
  expect(await server.uploads()).toHaveLength(1);
  expect(await direct.abandonUploads('', 0)).toBe(1);
  expect(await server.uploads()).toEqual([]);
});

test('a body that breaks off is read on where it was, but only of the same object', async () => {
  await direct.put('broken', stream(large));
  const isGet = (method: string, path: string) => method === 'GET' && path.startsWith('/tests/broken');
  fail(3, isGet, { done: true, answer: { cutAfter: 2_000_000 } });
  expect((await bytesOf(await store.get('broken'))).equals(large)).toBe(true);
  expect(proxy.faults).toBe(3);
  fail(1, isGet, { done: true, answer: { cutAfter: 2_000_000 } });
  const body = await store.get('broken');
  await direct.put('broken', stream(randomBytes(large.length)));
  await expect(bytesOf(body)).rejects.toMatchObject({ code: 'Conflict' });
  // One that never gives more than its head.
  fail(Infinity, isGet, { done: true, answer: { cutAfter: 0 } });
  await expect(store.get('broken').then(bytesOf)).rejects.toMatchObject({ code: 'StoreUnreachable' });
});

test('a server that is gone is told when patience is over', async () => {
  fail(Infinity, () => true, { done: false, answer: 'breaks off' });
  const hasty = await server.connect({ endpoint: proxy.endpoint }, { patienceSeconds: 0 });
  await expect(hasty.put('gone', stream(small))).rejects.toMatchObject({ code: 'StoreUnreachable' });
  await expect(hasty.get('gone')).rejects.toMatchObject({ code: 'StoreUnreachable' });
  await expect(hasty.head('gone')).rejects.toMatchObject({ code: 'StoreUnreachable' });
});
