import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Check } from '../../../runbooks/credential-requests.js';
import { openCheck } from '../../../systems/credentials/checks/check.js';
import { startKeyService, type KeyService } from '../../support/key-service.js';

const login = { user: 'shop@example.org', password: 'PLANTED "quoted" \\ pässword' };

let service: KeyService;
let mail: SMTPServer;
/** What the mail server answers to who logs in wrongly. */
let refusal: { responseCode: number; message: string };
const stops: Array<() => unknown> = [];

beforeEach(async () => {
  service = await startKeyService();
  refusal = { responseCode: 535, message: '5.7.8 Authentication credentials invalid' };
  mail = await startMail(['PLAIN', 'LOGIN']);
});

afterEach(async () => {
  await service.close();
  for (const stop of stops.splice(0)) stop();
});

async function startMail(authMethods: string[], hideSTARTTLS = true): Promise<SMTPServer> {
  const server = new SMTPServer({
    authMethods,
    hideSTARTTLS,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === login.user && password === login.password) done(null, { user: username });
      else done(Object.assign(new Error(refusal.message), refusal));
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return server;
}

const portOf = ({ server }: SMTPServer) => (server.address() as AddressInfo).port;
const smtp = (port: number, more: object = {}) => ({ kind: 'smtp', host: '127.0.0.1', port, tls: 'none', ...more });
const attempt = (spec: object, value = login) => openCheck(Check.parse(spec)).try(value);
const http = (more: object = {}) => ({
  kind: 'http',
  url: `${service.url}/whoami`,
  headers: { 'X-Key': '{password}' },
  ...more,
});

test.each(['PLAIN', 'LOGIN'])('a password of a mail server is tried by AUTH %s', async (method) => {
  const port = portOf(await startMail([method]));

  expect(await attempt(smtp(port))).toBe('works');
  expect(await attempt(smtp(port), { ...login, password: 'wrong' })).toBe('refused');
  expect(await attempt(smtp(port, { user: login.user }), { ...login, user: 'a name for people' })).toBe('works');
});

test.each([
  [454, '4.7.0 Temporary authentication failure'],
  [534, '5.7.9 Authentication mechanism is too weak'],
  [421, '4.3.2 too many'],
])('a mail server that answers %i has said nothing about the password', async (responseCode, message) => {
  refusal = { responseCode, message };

  expect(await attempt(smtp(portOf(mail)), { ...login, password: 'wrong' })).toBe('unknown');
});

test('a mail server that asks for no login, one that is away and one without TLS say nothing', async () => {
  const open = new SMTPServer({ disabledCommands: ['AUTH', 'STARTTLS'], authOptional: true });
  await new Promise<void>((resolve) => open.listen(0, '127.0.0.1', resolve));
  stops.push(() => open.close());
  const silent: Server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  stops.push(() => silent.close());

  expect(await attempt(smtp(portOf(open)))).toBe('unknown');
  expect(await attempt(smtp((silent.address() as AddressInfo).port))).toBe('unknown');
  expect(await attempt(smtp(1))).toBe('unknown');
  // Nothing is sent in clear where TLS is asked for.
  expect(await attempt(smtp(portOf(mail), { tls: 'starttls' }))).toBe('unknown');
  expect(await attempt(smtp(portOf(mail), { tls: 'implicit' }))).toBe('unknown');
});

test('a mail server whose certificate nobody has signed is told nothing', async () => {
  const asked: string[] = [];
  const server = new SMTPServer({
    // Its own, which the whole world knows the key of: the warning is right, and the point of this test.
    onAuth: ({ username }, _session, done) => {
      asked.push(username ?? '');
      done(null, { user: username });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.on('error', () => undefined);
  stops.push(() => server.close());

  expect(await attempt(smtp(portOf(server), { tls: 'starttls' }))).toBe('unknown');
  expect(asked).toEqual([]);
});

test('a key is tried by a request, and only the statuses that were named say anything', async () => {
  const { secret } = service.add('mine');
  const value = { user: '1', password: secret };

  expect(await attempt(http(), value)).toBe('works');
  expect(await attempt(http(), { ...value, password: 'wrong' })).toBe('refused');
  expect(await attempt(http({ works: [204] }), value)).toBe('unknown');
  expect(await attempt(http({ url: `${service.url}/nowhere` }), { ...value, password: 'wrong' })).toBe('refused');
  expect(await attempt(http({ url: 'http://127.0.0.1:1/' }), value)).toBe('unknown');
  expect(await attempt(http(), { ...value, password: 'two\nlines' })).toBe('unknown');
});

test('a service that says in a good answer what is wrong is understood', async () => {
  const { secret } = service.add('mine');
  const spec = (method: string) =>
    http({
      url: `${service.url}/method/${method}?v=1&access_token={password}`,
      error: { at: 'error.error_code', refused: [5, 27] },
    });

  expect(await attempt(spec('groups'), { user: '', password: secret })).toBe('works');
  expect(await attempt(spec('groups'), { user: '', password: 'wrong' })).toBe('refused');
  expect(await attempt(spec('busy'), { user: '', password: 'wrong' })).toBe('unknown');
});

test('a redirection is not followed: what is sent is for one host', async () => {
  const { secret } = service.add('mine');
  service.answer = (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();

  expect(await attempt(http(), { user: '', password: secret })).toBe('unknown');
});

test('a check that takes anything is refused', async () => {
  const open = (spec: object) => openCheck(Check.parse(spec)).rehearse('shop');

  await open(http());
  await open(smtp(portOf(mail)));
  await expect(open(http({ works: [401], refused: [403] }))).rejects.toMatchObject({ code: 'Refused' });
});

test.each<[string, object]>([
  ['a placeholder that nobody knows', { kind: 'http', url: 'https://x.example/{pasword}' }],
  ['a host from elsewhere', { kind: 'http', url: 'https://{user}.example/' }],
  ['no address', { kind: 'http', url: 'x.example' }],
  ['the admin’s token in a check', { kind: 'http', url: 'https://x.example/', headers: { a: '{admin}' } }],
  ['a password in clear over a network', { kind: 'smtp', host: 'mail.example', port: 25, tls: 'none' }],
])('a check with %s is refused before anything runs', (_, spec) => {
  expect(Check.safeParse(spec).success).toBe(false);
});
