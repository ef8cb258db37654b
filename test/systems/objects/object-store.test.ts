import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { RunbookError } from '../../../core/errors.js';
import type { ObjectStore } from '../../../systems/objects/store.js';
import { startObjectStore, type TestStore } from '../../support/object-store.js';
import { bytesOf, collect, stream } from './streams.js';

// Megabytes through several programs, beside other tests.
jest.setTimeout(60_000);

const mebibyte = 1024 * 1024;
let server: TestStore;
let store: ObjectStore;

beforeAll(async () => {
  server = await startObjectStore();
  store = await server.connect();
}, 600_000);
afterAll(() => server.stop());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const keysBelow = async (prefix: string) => (await collect(store.list(prefix))).map(({ key }) => key);

test.each([0, 5, 8 * mebibyte, 8 * mebibyte + 1, 18 * mebibyte])('an object of %i bytes comes back', async (size) => {
  const bytes = randomBytes(size);
  const seen: number[] = [];
  const stored = await store.put(`sizes/${size}`, stream(bytes), { onProgress: (sent) => seen.push(sent) });
  expect(stored).toEqual({ bytes: size, sha256: sha256(bytes) });
  expect(seen.at(-1)).toBe(size);
  const head = await store.head(`sizes/${size}`);
  expect(head?.bytes).toBe(size);
  // The store's own: of the whole only where it came as a whole.
  expect(head?.sha256).toBe(size > 8 * mebibyte ? undefined : sha256(bytes));
  expect(sha256(await bytesOf(await store.get(`sizes/${size}`)))).toBe(stored.sha256);
});

test('keys are taken literally, listed, and removed', async () => {
  const names = [`a b`, `it's "so"`, '$(touch x)', '`id`', 'ü/漢字 😀', 'a+b%2Fc&<d>;#?', 'new\nline', '-rf', 'star*'];
  const keys = names.map((name) => `odd/${name}`).sort();
  for (const key of keys) await store.put(key, stream(Buffer.from(key)));
  expect((await keysBelow('odd/')).sort()).toEqual(keys);
  for (const key of keys) expect((await bytesOf(await store.get(key))).toString()).toBe(key);
  expect(await collect(store.listFolders('odd/'))).toEqual(
    ['odd/a+b%2Fc&<d>;#?/', 'odd/ü/'].filter((folder) => keys.some((key) => key.startsWith(folder))),
  );
  await store.remove([...keys, 'odd/never there']);
  expect(await keysBelow('odd/')).toEqual([]);
  expect(await store.head(keys[0] ?? '')).toBeUndefined();
});

test('a list of more than a page is whole and in order', async () => {
  const keys = Array.from({ length: 1002 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
  // As the server keeps objects: a thousand requests would take their time.
  await mkdir(server.fileOf('many'));
  await Promise.all(keys.map((key) => writeFile(server.fileOf(key), 'x')));
  expect(await keysBelow('many/')).toEqual(keys);
  await store.remove(keys.slice(0, 2));
  expect(await keysBelow('many/')).toEqual(keys.slice(2));
});

test('where an object is, ifAbsent leaves it', async () => {
  await store.put('there', stream(Buffer.from('first')), { ifAbsent: true });
  for (const size of [6, 9 * mebibyte])
    await expect(store.put('there', stream(randomBytes(size)), { ifAbsent: true })).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('put "there": expected none to be there, found one'),
    });
  expect((await bytesOf(await store.get('there'))).toString()).toBe('first');
  await store.put('there', stream(Buffer.from('second')));
  expect((await bytesOf(await store.get('there'))).toString()).toBe('second');
  expect(await server.uploads()).toEqual([]);
});

test('a source that fails, and an end by the caller, leave nothing', async () => {
  async function* breaking() {
    yield await Promise.resolve(randomBytes(9 * mebibyte));
    throw new Error('the source broke');
  }
  await expect(store.put('half', breaking())).rejects.toThrow('the source broke');
  const stop = new AbortController();
  async function* hanging() {
    yield await Promise.resolve(randomBytes(9 * mebibyte));
    expect(await server.uploads()).toHaveLength(1);
    stop.abort(new Error('the run was aborted'));
    await new Promise(() => undefined);
  }
  await expect(store.put('half', hanging(), { signal: stop.signal })).rejects.toThrow('the run was aborted');
  expect(await store.head('half')).toBeUndefined();
  expect(await server.uploads()).toEqual([]);
});

const failureOf = (error: unknown) => error as RunbookError;

test('credentials that are wrong, absent or malformed are told, and never said', async () => {
  const bad = { accessKeyId: 'SOMEBODYELSE', secretAccessKey: 'another-secret' };
  await writeFile(join(server.tokens, 'wrong'), JSON.stringify(bad));
  await writeFile(join(server.tokens, 'malformed'), '{"accessKeyId": "SOMEBODYELSE", another-secret');
  const wrong = await server.connect({ credentials: 'wrong' });
  const calls = [
    wrong.put('a', stream(Buffer.from('a'))),
    wrong.put('a', stream(randomBytes(9 * mebibyte))),
    wrong.get('a'),
    server.connect({ credentials: 'malformed' }),
    server.connect({ credentials: 'none' }),
    server.connect({ credentials: '../object' }),
  ];
  const failures = await Promise.all(calls.map((call) => call.then(() => undefined, failureOf)));
  expect(failures.map((failure) => failure?.code)).toEqual([
    ...['Forbidden', 'Forbidden', 'Forbidden'],
    ...['InvalidSettings', 'InvalidSettings', 'InvalidSettings'],
  ]);
  expect(failures.map((failure) => failure?.message).join()).not.toMatch(/another-secret|SOMEBODYELSE/);
  await expect(store.get('never there')).rejects.toMatchObject({ code: 'NotFound' });
  const elsewhere = await server.connect({ bucket: 'elsewhere' });
  await expect(elsewhere.put('a', stream(Buffer.from('a')))).rejects.toMatchObject({ code: 'NotFound' });
});

test('a server whose certificate is not signed by those that are given is not spoken to', async () => {
  const secure = await startObjectStore({ tls: true });
  try {
    const trusting = await secure.connect({ certificates: 'certificate' });
    await trusting.put('a', stream(randomBytes(9 * mebibyte)));
    expect(await trusting.head('a')).toMatchObject({ bytes: 9 * mebibyte });
    const careful = await secure.connect({}, { patienceSeconds: 0 });
    await expect(careful.get('a')).rejects.toMatchObject({
      code: 'StoreUnreachable',
      message: expect.stringContaining('self-signed certificate'),
    });
  } finally {
    await secure.stop();
  }
});
