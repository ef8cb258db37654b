import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import type { SealedObject } from '../../../core/manifest.js';
import type { ObjectStore } from '../../../systems/objects/store.js';
import { readToolVersions } from '../../../systems/vault/tools.js';
import { createVault, type Vault } from '../../../systems/vault/vault.js';
import { startObjectStore, type TestStore } from '../../support/object-store.js';
import { bytesOf, collect, stream } from '../objects/streams.js';

// Megabytes through several programs, beside other tests.
jest.setTimeout(60_000);

let server: TestStore;
let store: ObjectStore;
let vault: Vault;
let recipients: string[];
const identity = (name: string) => join(server.tokens, name);

beforeAll(async () => {
  server = await startObjectStore();
  store = await server.connect();
  recipients = ['worker', 'offline'].map((name) => {
    execFileSync('age-keygen', ['-o', identity(name)], { stdio: 'ignore' });
    return execFileSync('age-keygen', ['-y', identity(name)], { encoding: 'utf8' }).trim();
  });
  execFileSync('age-keygen', ['-o', identity('stranger')], { stdio: 'ignore' });
  vault = createVault({ store, prefix: 'nightly', id: '1', recipients, identityFile: identity('worker') });
}, 600_000);
afterAll(() => server.stop());

/** Half of it compresses. */
function plainBytes(size: number): Buffer {
  const bytes = randomBytes(size);
  bytes.fill('half of it compresses; ', 0, Math.floor(size / 2));
  return bytes;
}
const openWith = (name: string, object: SealedObject) =>
  bytesOf(createVault({ store, prefix: 'nightly', id: '1', recipients, identityFile: identity(name) }).open(object));
const isLeft = async () => (await collect(store.list('nightly/1/'))).map(({ key }) => key);

test.each([0, 1, 18 * 1024 * 1024])(
  '%i bytes are sealed for each recipient, opened, and restored by hand',
  async (size) => {
    const plain = plainBytes(size);
    const seen: number[] = [];
    const key = `sizes/${size} $(id) "ü"`;
    const object = await vault.seal(key, stream(plain), { onProgress: (bytes) => seen.push(bytes) });
    expect(object).toMatchObject({ key, plainBytes: size });
    expect(seen.at(-1) ?? 0).toBe(size);
    expect(await store.head(`nightly/1/${key}`)).toMatchObject({ bytes: object.bytes });
    for (const name of ['worker', 'offline']) expect((await openWith(name, object)).equals(plain)).toBe(true);
    const decrypted = await execa('age', ['-d', '-i', identity('offline'), server.fileOf(`nightly/1/${key}`)], {
      encoding: 'buffer',
    });
    const { stdout } = await execa('zstd', ['-d', '-c'], {
      input: decrypted.stdout,
      encoding: 'buffer',
      stripFinalNewline: false,
    });
    expect(Buffer.from(stdout).equals(plain)).toBe(true);
  },
);

test('an object that is truncated, flipped anywhere, swapped or missing is named, and a wrong key is no damage', async () => {
  const object = await vault.seal('table.1', stream(plainBytes(300_000)));
  const other = await vault.seal('table.2', stream(plainBytes(300_000)));
  const file = server.fileOf('nightly/1/table.1');
  const whole = await readFile(file);
  const corrupt = { code: 'BackupCorrupt', message: expect.stringContaining('"nightly/1/table.1"') };
  await expect(openWith('stranger', object)).rejects.toMatchObject({ code: 'WrongKey' });
  // Version line, key stanzas, header's end, header's MAC, first and last block of the payload.
  for (const place of [3, 40, 130, 190, 330, 400, 100_000, whole.length - 1]) {
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(place) ^ 4, place);
    await writeFile(file, flipped);
    await expect(openWith('worker', object)).rejects.toMatchObject(corrupt);
    // Also for somebody who could not have opened it anyway.
    await expect(openWith('stranger', object)).rejects.toMatchObject(corrupt);
  }
  for (const length of [whole.length - 1, 65_536, 10, 0]) {
    await writeFile(file, whole);
    await truncate(file, length);
    await expect(openWith('worker', object)).rejects.toMatchObject(corrupt);
  }
  await writeFile(file, await readFile(server.fileOf('nightly/1/table.2')));
  await expect(openWith('worker', object)).rejects.toMatchObject(corrupt);
  await rm(file);
  await expect(openWith('worker', object)).rejects.toMatchObject(corrupt);
  // A manifest that tells another size than what is in it.
  await expect(openWith('worker', { ...other, plainBytes: 1 })).rejects.toMatchObject({ code: 'BackupCorrupt' });
  await expect(openWith('worker', other)).resolves.toHaveLength(300_000);
});

test('a source that fails, an end by the caller and a store that is full leave no object and no upload', async () => {
  const before = await isLeft();
  async function* breaking(): AsyncGenerator<Uint8Array> {
    for (let each = 0; each < 18; each += 1) yield await Promise.resolve(randomBytes(1024 * 1024));
    throw new Error('the dump was cut');
  }
  await expect(vault.seal('broken', breaking())).rejects.toThrow('the dump was cut');
  async function* empty(): AsyncGenerator<Uint8Array> {
    yield* await Promise.reject<Uint8Array[]>(new Error('no dump at all'));
  }
  await expect(vault.seal('broken', empty())).rejects.toThrow('no dump at all');
  const stop = new AbortController();
  async function* hanging(): AsyncGenerator<Uint8Array> {
    for (let each = 0; each < 18; each += 1) yield await Promise.resolve(randomBytes(1024 * 1024));
    stop.abort(new Error('the run was aborted'));
    await new Promise(() => undefined);
  }
  await expect(vault.seal('broken', hanging(), { signal: stop.signal })).rejects.toThrow('the run was aborted');
  const elsewhere = createVault({
    store: await server.connect({ bucket: 'elsewhere' }),
    prefix: 'a',
    id: '1',
    recipients,
  });
  async function* slow(): AsyncGenerator<Uint8Array> {
    for (let each = 0; each < 18; each += 1) yield await Promise.resolve(randomBytes(1024 * 1024));
    await new Promise(() => undefined);
  }
  await expect(elsewhere.seal('broken', slow())).rejects.toMatchObject({ code: 'NotFound' });
  expect(await isLeft()).toEqual(before);
  expect(await server.uploads()).toEqual([]);
});

test('a program that is missing, killed or does not know a recipient is told', async () => {
  const unknown = createVault({ store, prefix: 'nightly', id: '1', recipients: ['age1nonsense'] });
  await expect(unknown.seal('x', stream(randomBytes(10)))).rejects.toMatchObject({
    code: 'InvalidSettings',
    message: expect.stringContaining('recipients: expected public keys of age'),
  });
  const nobody = createVault({ store, prefix: 'nightly', id: '1', recipients: [] });
  await expect(nobody.seal('x', stream(randomBytes(10)))).rejects.toMatchObject({ code: 'InvalidSettings' });
  const object = await vault.seal('there', stream(randomBytes(10)));
  await expect(openWith('nothing', object)).rejects.toMatchObject({ code: 'InvalidSettings' });
  async function* killing(): AsyncGenerator<Uint8Array> {
    for (let each = 0; each < 20; each += 1) yield await Promise.resolve(randomBytes(1024 * 1024));
    // As the kernel does when memory is short; of this process' children only.
    execFileSync('pkill', ['-KILL', '-P', String(process.pid), '-x', 'zstd']);
    yield randomBytes(10);
  }
  await expect(vault.seal('killed', killing())).rejects.toMatchObject({
    code: 'Unexpected',
    message: expect.stringContaining('zstd: expected exit code 0, found SIGKILL'),
  });
  expect(await readToolVersions()).toEqual({
    age: expect.stringMatching(/^\d+\./),
    zstd: expect.stringMatching(/^1\./),
  });
  const path = process.env['PATH'];
  process.env['PATH'] = server.tokens;
  try {
    const missing = {
      code: 'InvalidSettings',
      message: expect.stringMatching(/program "(age|zstd)" on PATH, found none; install/),
    };
    await expect(vault.seal('x', stream(randomBytes(10)))).rejects.toMatchObject(missing);
    await expect(openWith('worker', object)).rejects.toMatchObject(missing);
    await expect(readToolVersions()).rejects.toMatchObject({ code: 'InvalidSettings' });
  } finally {
    process.env['PATH'] = path;
  }
  expect((await isLeft()).filter((key) => /[/](x|killed)$/.test(key))).toEqual([]);
  expect(await server.uploads()).toEqual([]);
});
