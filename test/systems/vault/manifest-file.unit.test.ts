import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../../core/canonical-json.js';
import { isSignedBy, readSigningKey, signText } from '../../../systems/vault/signing.js';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'signing-'))));
afterAll(() => rm(directory, { recursive: true }));

test('canonical JSON is JSON, and does not depend on the order in which members were set', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined })).toBe('{"b":[{"c":2,"d":1}]}');
});

test('a signature is for one text and one key, and openssl checks it too', async () => {
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', join(directory, 'key')]);
  const key = await readSigningKey(directory, 'key');
  const signature = signText(Buffer.from('text'), key);
  expect(signText(Buffer.from('text'), key)).toBe(signature);
  expect(isSignedBy(Buffer.from('text'), `${signature}\n`, key.publicKey)).toBe(true);
  expect(isSignedBy(Buffer.from('tex'), signature, key.publicKey)).toBe(false);
  expect(isSignedBy(Buffer.from('text'), '', key.publicKey)).toBe(false);
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  expect(isSignedBy(Buffer.from('text'), signature, other)).toBe(false);
  await writeFile(join(directory, 'public'), key.publicKey);
  await writeFile(join(directory, 'text'), 'text');
  await writeFile(join(directory, 'signature'), Buffer.from(signature, 'base64'));
  const check = ['pkeyutl', '-verify', '-pubin', '-inkey', 'public', '-rawin', '-in', 'text', '-sigfile', 'signature'];
  expect(execFileSync('openssl', check, { cwd: directory, encoding: 'utf8' })).toContain('Verified Successfully');
});

test.each([
  ['nothing', ''],
  [
    'a key of another kind',
    generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
])('%s is no signing key, and is not quoted', async (_, text) => {
  await writeFile(join(directory, 'bad'), text);
  const failure = await readSigningKey(directory, 'bad').then(String, (error: unknown) => error as Error);
  expect(failure).toMatchObject({ code: 'InvalidSettings' });
  expect(String(failure)).not.toContain('PRIVATE KEY-----');
});
