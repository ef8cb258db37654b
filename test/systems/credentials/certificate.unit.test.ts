import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { openAuthority } from '../../../systems/credentials/providers/certificate/provider.js';
import type { CredentialProvider, Making } from '../../../systems/credentials/provider.js';
import type { SecretValue } from '../../../systems/credentials/secret-value.js';
import { valueOf, fieldsOf } from '../../../systems/credentials/stored-keys.js';
import { readPresented } from '../../../systems/handshake.js';
import { makeAuthority, type MadeAuthority } from '../../support/authority.js';

const day = 86_400;
const making: Making = { run: 'run', since: '', known: [], user: '', current: undefined };
const wanted = { subject: 'CN=orders', dnsNames: ['orders.shop.svc', '*.shop.example'], lifetime: 30 * day };

let directory: string;
let authority: MadeAuthority;
let stranger: MadeAuthority;
let provider: CredentialProvider;
let made: SecretValue;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  authority = await makeAuthority();
  stranger = await makeAuthority();
  provider = openAuthority({ ...wanted, ...authority });
  made = await provider.make(making);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const certificateOf = ({ beside }: SecretValue) => beside?.['tls.crt'] ?? '';

test('a certificate is what OpenSSL takes for one: signed, for these names, with its own key, and no authority', async () => {
  const [file, ca] = [join(directory, 'tls.crt'), join(directory, 'ca.crt')];
  await writeFile(file, certificateOf(made));
  await writeFile(ca, made.beside?.['ca.crt'] ?? '');
  const { stdout } = await execa('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca, file]);
  expect(stdout).toContain('OK');
  expect(await readFile(ca, 'utf8')).toBe(authority.ca);

  const certificate = new X509Certificate(certificateOf(made));
  expect(made.user).toBe(certificate.serialNumber);
  expect(certificate.subjectAltName).toBe('DNS:orders.shop.svc, DNS:*.shop.example');
  expect([certificate.ca, certificate.checkPrivateKey(createPrivateKey(made.password))]).toEqual([false, true]);
  expect(provider.expiryOf?.(made)).toBe(new Date(certificate.validTo).toISOString());
  expect(await provider.set(made, '')).toBe(new Date(certificate.validFrom).toISOString());
  expect(await provider.probe(made)).toContain('is valid for orders.shop.svc, *.shop.example until');
});

test.each(['rsa', 'ed25519', 'secp384r1'] as const)('an authority with a key of %s signs too', async (kind) => {
  const other = await makeAuthority({ kind });
  const signing = openAuthority({ ...wanted, ...other });
  const value = await signing.make(making);

  expect(await signing.try(value)).toBe('works');
  expect(await provider.try(value)).toBe('refused');
});

describe('a version is refused', () => {
  test.each<[string, () => Promise<SecretValue> | SecretValue]>([
    ['of another authority', () => openAuthority({ ...wanted, ...stranger }).make(making)],
    ['that is over', () => openAuthority({ ...wanted, ...authority, lifetime: -1 }).make(making)],
    ['with the key of another one', async () => ({ ...made, password: (await provider.make(making)).password })],
    ['with a key that is none', () => ({ ...made, password: 'no key' })],
    ['without a certificate', () => ({ user: made.user, password: made.password })],
    ['whose certificate is none', () => ({ ...made, beside: { 'tls.crt': 'none' } })],
  ])('%s', async (_, value) => {
    expect(await provider.try(await value())).toBe('refused');
  });
});

test('two are never the same, and one that is in use stays what it is when there is another', async () => {
  const other = await provider.make(making);

  expect(other.user).not.toBe(made.user);
  expect(other.password).not.toBe(made.password);
  await provider.retire(made);
  expect([await provider.try(made), await provider.try(other)]).toEqual(['works', 'works']);
  expect(await provider.isRetired(made.user)).toBeUndefined();
});

test('what an older authority has signed works as long as it is trusted, and the one with the key signs', async () => {
  const both = openAuthority({ ...wanted, ca: stranger.ca + authority.ca, caKey: stranger.caKey });
  const next = await both.make(making);

  expect(await both.try(made)).toBe('works');
  expect(await both.try(next)).toBe('works');
  expect(await provider.try(next)).toBe('refused');
});

test('in a store without a name for it, it is named by its certificate', () => {
  const keys = { user: 'username', password: 'tls.key', beside: provider.beside ?? [], identify: provider.identify };
  const { username: _, ...fields } = fieldsOf({ ...keys, identify: (value) => value }, made);

  expect(fields).toHaveProperty(['tls.key'], made.password);
  expect(valueOf({ ...keys, identify: provider.identify ?? ((value) => value) }, (key) => fields[key])).toEqual(made);
});

describe('beforehand it is said', () => {
  test('that the authority ends before the certificate would', async () => {
    const short = openAuthority({ ...wanted, ...(await makeAuthority({ days: 2 })) });
    const turn = { next: '', old: '', known: [] };

    await expect(short.rehearse(turn)).rejects.toMatchObject({ code: 'Refused' });
    await expect(provider.rehearse(turn)).resolves.toBeUndefined();
  });

  const isSetting = expect.objectContaining({ code: 'InvalidSettings' });

  test('that the key is another authority’s, or none, without what is in the file', () => {
    const open = (change: object) => () => openAuthority({ ...wanted, ...authority, ...change });

    expect(open({ caKey: stranger.caKey })).toThrow(isSetting);
    expect(open({ caKey: 'PLANTED' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('PLANTED') }),
    );
    expect(open({ ca: 'PLANTED' })).toThrow(isSetting);
    expect(open({ ca: certificateOf(made) })).toThrow(isSetting);
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(open({ caKey: x25519 })).toThrow(isSetting);
  });

  test('that a certificate lacks a name', async () => {
    const more = openAuthority({ ...wanted, ...authority, dnsNames: [...wanted.dnsNames, 'web.other.example'] });

    await expect(more.probe(made)).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringContaining('lacks web.other.example'),
    });
  });
});

describe('a handshake', () => {
  const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  const ask = (where: number, servername?: string, ca = authority.ca) =>
    readPresented({ host: '127.0.0.1', port: where, servername, ca }, 2000);

  test('shows which certificate a server has, and whether it would be trusted', async () => {
    const server = tls.createServer({ key: made.password, cert: certificateOf(made) }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));

    expect(await ask(port(server))).toEqual({ serialNumber: made.user, isTrusted: true });
    expect(await ask(port(server), 'orders.shop.svc')).toEqual({ serialNumber: made.user, isTrusted: true });
    expect(await ask(port(server), 'billing.shop.svc')).toEqual({ serialNumber: made.user, isTrusted: false });
    expect(await ask(port(server), undefined, stranger.ca)).toEqual({ serialNumber: made.user, isTrusted: false });
    server.close();
  });

  test('is none where nobody listens, or nobody answers', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));

    expect(await readPresented({ host: '127.0.0.1', port: port(silent), ca: authority.ca }, 200)).toBeUndefined();
    expect(await ask(9)).toBeUndefined();
    silent.close();
  });
});
