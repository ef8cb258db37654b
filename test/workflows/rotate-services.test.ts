import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { openCredentialPlace, type CredentialPlace, type PlacedCredential } from '../support/credential-place.js';
import { startFaultyStore, type FaultyStore } from '../support/faulty-store.js';
import { keysProvider, startKeyService, type KeyService } from '../support/key-service.js';
import { findLeaks } from '../support/leaks.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun, type StartedRun } from '../support/runs.js';
import { managed, startTelegram, type Telegram } from '../support/telegram.js';
import { plain, withWorkers } from '../support/workers.js';
import { readRun, readTemporalData, type Written } from '../support/written.js';

jest.setTimeout(180_000);

const written: Written = {};
/** All that was ever a secret here. */
const secrets = new Set<string>();

let client: Client;
let place: CredentialPlace;
let service: KeyService;
let telegram: Telegram;
let proxies: { service: FaultyStore; telegram: FaultyStore };
let bot: PlacedCredential;
let keys: PlacedCredential;

beforeAll(async () => {
  client = await connectClient();
  place = await openCredentialPlace('services');
  service = await startKeyService();
  telegram = await startTelegram();
  proxies = { service: await startFaultyStore(service.url), telegram: await startFaultyStore(telegram.url) };
  await writeFile(join(place.tokens, 'service-admin'), `${service.admin}\n`);
  await writeFile(join(place.tokens, 'manager'), `${telegram.managerToken}\n`);
  [bot, keys] = await Promise.all([
    place.add(
      'telegram-bot',
      { kind: 'telegramBot', manager: 'manager', bot: managed, address: proxies.telegram.endpoint },
      telegram.token,
    ),
    place.add('service-key', keysProvider(proxies.service.endpoint), service.add('the first one').secret),
  ]);
}, 180_000);

afterAll(async () => {
  for (const proxy of Object.values(proxies)) proxy.stop();
  await service.close();
  await telegram.close();
  await place.close();
  await client.connection.close();
});

/** All of these runs are written down somewhere. */
async function keep(name: string, run: StartedRun): Promise<void> {
  const made = service.keys.map(({ secret }) => secret);
  for (const secret of [service.admin, telegram.managerToken, ...telegram.tokens, ...made]) secrets.add(secret);
  for (const [where, content] of Object.entries(await readRun(run.handle))) written[`${name}: ${where}`] = content;
}

test('a bot’s token that a run has replaced before it died, and that nobody knows, is what the next run goes on with', async () => {
  proxies.telegram.schedule = ({ path }) =>
    path.endsWith('/replaceManagedBotToken') ? { done: true, answer: 'hangs' } : undefined;
  const record = await withWorkers(plain, async () => {
    const dead = await startRun(client, bot.runbook());
    await dead.until('a plan', ({ steps }) => steps.some(({ name }) => name === 'stage a candidate'));
    while (telegram.tokens.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    await dead.handle.terminate('as if nobody had ever come back');
    proxies.telegram.schedule = () => undefined;
    const run = await startRun(client, bot.runbook());
    const ended = await run.end();
    await keep('bot', run);
    return ended;
  });

  expect(endOf(record)).toBe('succeeded');
  expect(record.plan?.wayBack).toContain('none once there is a new token');
  expect(telegram.tokens).toHaveLength(2);
  expect(await bot.read()).toEqual({ user: '7001', password: telegram.token });
});

test('a bot’s token is replaced once, also where Telegram’s answer is lost', async () => {
  let lost = false;
  proxies.telegram.schedule = ({ path }) => {
    if (lost || !path.endsWith('/replaceManagedBotToken')) return undefined;
    lost = true;
    return { done: true, answer: 'breaks off' };
  };
  const record = await withWorkers(plain, async () => (await startRun(client, bot.runbook())).end());

  expect(endOf(record)).toBe('succeeded');
  expect(telegram.tokens).toHaveLength(3);
  expect((await bot.read()).password).toBe(telegram.token);
});

test('a key of a service that the runbook describes is replaced; of one whose answer was lost nothing is left', async () => {
  const [first] = service.keys.filter(({ label }) => label === 'the first one');
  let lost = false;
  proxies.service.schedule = ({ method }) => {
    if (lost || method !== 'POST') return undefined;
    lost = true;
    return { done: true, answer: 'breaks off' };
  };
  const record = await withWorkers(plain, async () => {
    // By which it is revoked: nobody can tell it from the value.
    const unnamed = await (await startRun(client, keys.runbook())).end();
    expect(unnamed.outcome).toMatchObject({ name: 'failed', message: expect.stringContaining('the name of the old') });
    await keys.write({ username: String(first?.id) });
    const run = await startRun(client, keys.runbook());
    const ended = await run.end();
    await keep('service', run);
    return ended;
  });

  expect(endOf(record)).toBe('succeeded');
  const { user, password } = await keys.read();
  expect(service.keys.filter(({ label }) => label.startsWith('runbook'))).toMatchObject([
    { id: Number(user), secret: password },
  ]);
  expect(service.keys).not.toContainEqual(first);
});

test('no value stands in a history, a record, an answer or Temporal’s files', async () => {
  written['Temporal’s files'] = await readTemporalData();
  const values = Object.fromEntries([...secrets].map((secret, index) => [`secret ${index}`, secret]));

  expect(secrets.size).toBeGreaterThanOrEqual(6);
  expect(findLeaks(values, written)).toEqual([]);
  // The same search finds what is not hidden.
  expect(findLeaks({ bot: 'answers as @shop_bot' }, written)).toContain('bot in bot: decoded history');
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, place.environment)).toEqual([]);
});
