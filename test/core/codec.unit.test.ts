import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { EncryptionCodec } from '../../core/codec.js';
import type { KeyRing } from '../../core/key-ring.js';

const november = new Uint8Array(randomBytes(32));
const august = new Uint8Array(randomBytes(32));

function codecOf(current: string, keys: Record<string, Uint8Array>): EncryptionCodec {
  const ring: KeyRing = { current, keys: new Map(Object.entries(keys)) };
  return new EncryptionCodec(ring);
}

const codec = codecOf('2026-11', { '2026-11': november });

function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

async function encryptOne(value: unknown, by = codec): Promise<Payload> {
  const [payload] = await by.encode([payloadOf(value)]);
  if (!payload) throw new Error('expected one payload');
  return payload;
}

/** Waits for the decoding inside, so that a failure is a rejection whenever it is thrown. */
async function decodeOne(payload: Payload, by = codec): Promise<unknown> {
  const [decoded] = await by.decode([payload]);
  if (!decoded) throw new Error('expected one payload');
  return defaultPayloadConverter.fromPayload(decoded);
}

const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('latin1');

test('whatever goes in comes out again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const expected = JSON.parse(JSON.stringify(value)) as unknown;

      expect(await decodeOne(await encryptOne(value))).toEqual(expected);
    }),
  );
});

test('several payloads keep their order, and an empty list stays empty', async () => {
  const decoded = await codec.decode(await codec.encode([payloadOf(1), payloadOf('two'), payloadOf(null)]));

  expect(decoded.map((each) => defaultPayloadConverter.fromPayload<unknown>(each))).toEqual([1, 'two', null]);
  expect(await codec.encode([])).toEqual([]);
});

test('what Temporal stores holds neither the text nor its encoding, only the key’s id', async () => {
  const payload = await encryptOne({ by: 'bob', comment: 'hunter2' });

  expect(Object.entries(payload.metadata ?? {}).map(([name, value]) => [name, textOf(value)])).toEqual([
    ['encoding', 'binary/encrypted'],
    ['encryption-key-id', '2026-11'],
  ]);
  expect(textOf(payload.data)).not.toMatch(/hunter2|bob|json/);
});

test('the same text is never encrypted the same way twice', async () => {
  const payloads = await codec.encode(Array.from({ length: 2000 }, () => payloadOf('same')));
  const nonces = payloads.map(({ data }) => textOf(data?.subarray(0, 12)));

  expect(new Set(nonces).size).toBe(2000);
});

test('an older key still decrypts after another one has become the current one', async () => {
  const written = await encryptOne('from august', codecOf('2026-08', { '2026-08': august }));
  const rotated = codecOf('2026-11', { '2026-08': august, '2026-11': november });

  expect(await decodeOne(written, rotated)).toBe('from august');
  expect(textOf((await encryptOne('now', rotated)).metadata?.['encryption-key-id'])).toBe('2026-11');
});

test('a key that is not in the ring is named, with those that are', async () => {
  const written = await encryptOne('from august', codecOf('2026-08', { '2026-08': august }));

  await expect(decodeOne(written)).rejects.toThrow('no key "2026-08" (has 2026-11)');
});

test('a ring without its current key encrypts nothing, and says so', async () => {
  await expect(encryptOne('x', codecOf('2026-12', { '2026-11': november }))).rejects.toThrow('"2026-12" is missing');
});

test('what was typed into the Temporal UI is plain and passes through', async () => {
  const typed = payloadOf({ by: 'bob', plan: '3f9c2a' });

  expect(await codec.decode([typed, {}])).toEqual([typed, {}]);
});

test('a single changed bit anywhere is found', async () => {
  const payload = await encryptOne('approve');
  const data = payload.data ?? new Uint8Array();

  await fc.assert(
    fc.asyncProperty(fc.nat(data.length - 1), fc.nat(7), async (at, bit) => {
      const changed = Uint8Array.from(data);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);

      await expect(decodeOne({ ...payload, data: changed })).rejects.toThrow();
    }),
  );
});

test('data that was cut off is found, however little is left', async () => {
  const payload = await encryptOne('approve');
  const data = payload.data ?? new Uint8Array();

  for (let length = 0; length < data.length; length++) {
    await expect(decodeOne({ ...payload, data: data.subarray(0, length) })).rejects.toThrow();
  }
});

test('a payload under the id of another key is not decrypted', async () => {
  const payload = await encryptOne('approve');
  const both = codecOf('2026-11', { '2026-08': august, '2026-11': november });
  const swapped = { ...payload, metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from('2026-08') } };

  await expect(decodeOne(swapped, both)).rejects.toThrow();
});
