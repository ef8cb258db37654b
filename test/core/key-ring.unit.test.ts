import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { messageOf } from '../../core/errors.js';
import { readKeyRing } from '../../core/key-ring.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'key-ring-'));
});

afterAll(() => rm(directory, { recursive: true }));

const key = randomBytes(32).toString('base64');

async function write(content: string): Promise<string> {
  const path = join(directory, `${randomBytes(6).toString('hex')}.json`);
  await writeFile(path, content);
  return path;
}

async function refusalOf(content: string): Promise<string> {
  const path = await write(content);
  try {
    readKeyRing(path);
  } catch (error) {
    expect(error).toMatchObject({ code: 'InvalidSettings' });
    return messageOf(error);
  }
  throw new Error(`expected a refusal of ${content}`);
}

test('a key ring gives its keys and says which of them encrypts', async () => {
  const older = randomBytes(32).toString('base64');
  const path = await write(JSON.stringify({ current: '2026-11', keys: { '2026-08': older, '2026-11': key } }));

  const ring = readKeyRing(path);

  expect(ring.current).toBe('2026-11');
  expect([...ring.keys].map(([id, bytes]) => [id, Buffer.from(bytes).toString('base64')])).toEqual([
    ['2026-08', older],
    ['2026-11', key],
  ]);
});

test.each([
  ['is no JSON', `{"current": "a", "keys": {"a": ${key}}}`, 'is not JSON'],
  ['is cut off', `{"current": "a", "keys": {"a": "${key}`, 'is not JSON'],
  ['has a key of 16 bytes', { current: 'a', keys: { a: randomBytes(16).toString('base64') } }, '32 bytes'],
  ['has a key of 33 bytes', { current: 'a', keys: { a: randomBytes(33).toString('base64') } }, '32 bytes'],
  ['has a key that is no base64', { current: 'a', keys: { a: `*${key}` } }, 'base64'],
  ['names a current key that is not there', { current: 'b', keys: { a: key } }, '"current" names no key'],
  ['takes an object’s own property for a key', { current: 'toString', keys: { a: key } }, '"current" names no key'],
  ['has no keys', { current: 'a' }, 'expected'],
  ['has a field too many', { current: 'a', keys: { a: key }, old: key }, 'old'],
  ['is a list', [key], 'expected'],
])('a key ring that %s is refused with the reason and the shape that is wanted', async (_, content, reason) => {
  const message = await refusalOf(typeof content === 'string' ? content : JSON.stringify(content));

  expect(message).toContain(reason);
  expect(message).toContain('expected {"current": ID, "keys": {ID: base64}}');
});

test('a key ring that does not exist is refused with its path', () => {
  expect(() => readKeyRing(join(directory, 'nowhere.json'))).toThrow(/RUNBOOK_KEYRING .*nowhere\.json: .*ENOENT/);
});

test('no refusal shows a key, wherever the file is broken', async () => {
  const whole = JSON.stringify({ current: 'b', keys: { a: key } });

  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.constantFrom('', '"', '{', '\u0000', 'x'), async (at, put) => {
      const message = await refusalOf(whole.slice(0, at) + put + whole.slice(at + 1));

      expect(message).not.toContain(key.slice(0, 8));
      expect(message).not.toContain(key.slice(-12, -4));
    }),
    { numRuns: 60 },
  );
});
