import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { switchFlagOff, type SwitchOff } from '../../../systems/flags/switch-off.js';
import { adminToken, ofrepToken, startFlagServer, type FlagServer } from './unleash-server.js';

const key = 'default/production/new-cart';
let server: FlagServer;

beforeEach(async () => {
  server = await startFlagServer();
});

afterEach(() => server.close());

function wanted(over: Partial<SwitchOff> = {}): SwitchOff {
  const { url } = server;
  return {
    flag: { url, flag: 'new-cart', project: 'default', environment: 'production', token: adminToken },
    withinSeconds: 10,
    ...over,
  };
}

const seenBy = () => ({ url: server.url, flag: 'new-cart', context: { targetingKey: 'runbook' }, token: ofrepToken });
const writes = () => server.requests.filter((request) => request.startsWith('POST /api/admin'));

test('a flag is switched off in its environment alone, and read back at the server and as services see it', async () => {
  server.flags.set('default/development/new-cart', true);

  const told = await switchFlagOff(wanted({ seenBy: seenBy() }));

  expect(told).toBe('flag new-cart is off in production, and services see it off');
  expect(server.flags.get(key)).toBe(false);
  expect(server.flags.get('default/development/new-cart')).toBe(true);
});

test('a second time nothing is written', async () => {
  await switchFlagOff(wanted());
  await switchFlagOff(wanted());

  expect(writes()).toHaveLength(1);
});

test('names with signs in them reach the server as they are', async () => {
  server.flags.set('shop/blue & green/cart/new?', true);
  const flag = { ...wanted().flag, project: 'shop', environment: 'blue & green', flag: 'cart/new?' };

  expect(await switchFlagOff(wanted({ flag }))).toContain('flag cart/new? is off in blue & green');
});

test.each<[string, FlagServer['failures']]>([
  ['the first answer', ['lost']],
  ['the answer to the write', ['none', 'lost']],
  ['some requests', [503, 'none', 429, 'lost']],
])('%s being lost or refused at first does not matter', async (_, failures) => {
  server.failures.push(...failures);

  expect(await switchFlagOff(wanted())).toContain('is off');
});

test('somebody who switches it on again at once is overruled', async () => {
  const set = server.flags.set.bind(server.flags);
  let meddled = 0;
  server.flags.set = (name, on) => (meddled++ === 0 ? set(name, true) : set(name, on));

  expect(await switchFlagOff(wanted())).toContain('is off');
  expect(server.flags.get(key)).toBe(false);
});

test.each<[string, FlagServer['seen'], string]>([
  ['still on', { value: true, reason: 'STATIC' }, 'services see true (STATIC)'],
  ['a text, not a switch', { value: 'off', reason: 'STATIC' }, 'services see "off" (STATIC)'],
  ['no value, so each its own default', { reason: 'DISABLED' }, 'services see no value (DISABLED)'],
])('off at its server is not confirmed while services see %s', async (_, seen, found) => {
  server.seen = seen;

  await expect(switchFlagOff(wanted({ seenBy: seenBy(), withinSeconds: 1 }))).rejects.toMatchObject({
    code: 'ReadBackFailed',
    message: expect.stringContaining(found),
  });
});

test('services that see it off a little later are waited for', async () => {
  server.seen = { value: true, reason: 'CACHED' };
  setTimeout(() => (server.seen = undefined), 300);

  expect(await switchFlagOff(wanted({ seenBy: seenBy() }))).toContain('services see it off');
});

test.each<[string, FlagServer['failures'], Partial<SwitchOff['flag']>, string]>([
  ['a token that does not do', [], { token: 'wrong' }, 'Forbidden'],
  ['a right that is missing', [403], {}, 'Forbidden'],
  ['an unknown flag', [], { flag: 'old-cart' }, 'NotFound'],
  ['an unknown environment', [], { environment: 'prod' }, 'NotFound'],
  ['a redirect, where the token must not go', [302], {}, 'Refused'],
])('%s fails at once, with what to check and without the token', async (_, failures, flag, code) => {
  server.failures.push(...failures);
  const failing = switchFlagOff(wanted({ flag: { ...wanted().flag, ...flag } }));

  await expect(failing).rejects.toMatchObject({ code });
  await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining(adminToken) });
  expect(server.requests).toHaveLength(1);
});

test.each<[string, FlagServer['failures']]>([
  ['never answers', ['silent']],
  ['keeps failing', Array<number>(50).fill(500)],
])('a server that %s is given up when the time is over', async (_, failures) => {
  server.failures.push(...failures);

  await expect(switchFlagOff(wanted({ withinSeconds: 1 }))).rejects.toMatchObject({ code: 'SystemUnreachable' });
});
