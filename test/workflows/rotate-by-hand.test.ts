import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { runCli } from '../support/cli.js';
import { openCredentialPlace, type CredentialPlace, type PlacedCredential } from '../support/credential-place.js';
import { startFaultyStore, type FaultyStore } from '../support/faulty-store.js';
import { keysProvider, startKeyService, type KeyService } from '../support/key-service.js';
import { findLeaks } from '../support/leaks.js';
import { replayAll } from '../support/replay.js';
import { connectClient, startRun, type StartedRun } from '../support/runs.js';
import { managed, startTelegram, type Telegram } from '../support/telegram.js';
import { failingAfter, plain, withWorkers } from '../support/workers.js';
import { readRun, readTemporalData, type Written } from '../support/written.js';

jest.setTimeout(240_000);

const retire = 'revoke the old key in the settings';
const written: Written = {};
/** All that was ever a secret here. */
const secrets = new Set<string>();

let client: Client;
let place: CredentialPlace;
let service: KeyService;
let telegram: Telegram;
let proxies: { service: FaultyStore; telegram: FaultyStore };
let byHand: PlacedCredential;
let bot: PlacedCredential;
let keys: PlacedCredential;

beforeAll(async () => {
  client = await connectClient();
  place = await openCredentialPlace('by-hand');
  service = await startKeyService();
  telegram = await startTelegram();
  proxies = { service: await startFaultyStore(service.url), telegram: await startFaultyStore(telegram.url) };
  await writeFile(join(place.tokens, 'service-admin'), `${service.admin}\n`);
  await writeFile(join(place.tokens, 'manager'), `${telegram.managerToken}\n`);
  [byHand, bot, keys] = await Promise.all([
    place.add(
      'max-bot',
      {
        ...{ kind: 'byHand', user: 'shop-bot', make: 'issue a new key in the settings', overlaps: true, retire },
        check: { kind: 'http', url: `${service.url}/whoami`, headers: { 'X-Key': '{password}' } },
      },
      service.add('by hand').secret,
    ),
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
  for (const secret of [
    service.admin,
    telegram.managerToken,
    ...telegram.tokens,
    ...service.keys.map((key) => key.secret),
  ])
    secrets.add(secret);
  for (const [where, content] of Object.entries(await readRun(run.handle))) written[`${name}: ${where}`] = content;
}

async function give(value: string, ...words: string[]) {
  secrets.add(value);
  const result = await runCli(['intake', byHand.file, ...words], {}, `${value}\n`);
  written[`intake ${Object.keys(written).length}`] = `${result.stdout}\n${result.stderr}`;
  return result;
}

const isAsking = ({ phase }: { phase: string }) => phase === 'asking';
const isWaiting = ({ waitingFor }: { waitingFor?: string }) => waitingFor === `a person: ${retire}`;
const works = (secret: string) => service.keys.some((key) => key.secret === secret);

test('who gives a value that no run asks for is told so, and nothing is kept', async () => {
  const nobody = await give(service.add('too early').secret);
  const other = await runCli(['intake', keys.file], {}, 'PLANTED-wrong\n');

  expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('expected a rotation that runs') });
  expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('expected a provider of kind byHand') });
  expect(await byHand.readAside()).toEqual({});
});

test('an abort while it asks leaves everything as it was', async () => {
  const before = await byHand.read();
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, byHand.runbook());
    await run.until('a question', isAsking);
    expect((await runCli(['abort', `rotate/${place.environment}/max-bot`])).exitCode).toBe(0);
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(await byHand.read()).toEqual(before);
  expect(await byHand.readAside()).not.toHaveProperty('pending');
  expect(works(before.password)).toBe(true);
});

test('a value goes from a person to the store; it is used, and proven when a person has revoked the old one', async () => {
  const old = await byHand.read();
  const { secret } = service.add('a new one');
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, byHand.runbook());
    const asked = await run.until('a question', isAsking);
    expect(asked.plan?.notes.join()).toContain('a person is asked to issue a new key in the settings');
    expect(asked.steps.at(-1)?.error).toContain('runbook intake FILE');
    expect(await give('PLANTED/wrong+9c51')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('refused') });
    expect(await give(old.password)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the old one') });
    expect(await give('')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('one line') });
    expect(await byHand.readAside()).not.toHaveProperty('pending');

    expect((await give(secret, '--by', 'bob')).exitCode).toBe(0);
    await run.until('a person who has to revoke it', isWaiting, 90);
    expect(await give(secret)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('already') });
    expect(await give(service.add('another').secret)).toMatchObject({ exitCode: 1 });
    expect(await byHand.read()).toEqual({ user: 'shop-bot', password: secret });
    expect(works(old.password)).toBe(true);

    service.keys = service.keys.filter((key) => key.secret !== old.password);
    const ended = await run.end();
    await keep('by hand', run);
    return ended;
  });

  expect(record.outcome).toMatchObject({ name: 'succeeded' });
  expect(record.rotation).toHaveProperty('provedAt');
  expect(record.rotation?.new.fingerprint).not.toBe(record.rotation?.old.fingerprint);
  expect(Object.keys(await byHand.readAside()).sort()).toEqual(['provedAt', 'publishedBy', 'rotatedAt']);
});

test('a value that was given to a run that failed is kept, and the next run asks for no other', async () => {
  const old = await byHand.read();
  const { secret } = service.add('the next one');
  const first = await withWorkers(failingAfter('verifyCandidate'), async () => {
    const run = await startRun(client, byHand.runbook());
    await run.until('a question', isAsking);
    expect((await give(secret)).exitCode).toBe(0);
    return run.end();
  });
  expect(first.outcome).toMatchObject({ name: 'undone' });
  expect(await byHand.read()).toEqual(old);

  const second = await withWorkers(plain, async () => {
    const run = await startRun(client, byHand.runbook());
    await run.until('a person who has to revoke it', isWaiting, 90);
    service.keys = service.keys.filter((key) => key.secret !== old.password);
    const ended = await run.end();
    await keep('by hand again', run);
    return ended;
  });

  expect(second.outcome).toMatchObject({ name: 'succeeded' });
  expect(await byHand.read()).toEqual({ user: 'shop-bot', password: secret });
});

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

  expect(record.outcome).toMatchObject({ name: 'succeeded' });
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

  expect(record.outcome).toMatchObject({ name: 'succeeded' });
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

  expect(record.outcome).toMatchObject({ name: 'succeeded' });
  const { user, password } = await keys.read();
  expect(service.keys.filter(({ label }) => label.startsWith('runbook'))).toMatchObject([
    { id: Number(user), secret: password },
  ]);
  expect(works(first?.secret ?? '')).toBe(false);
});

test('no value stands in a history, a record, an answer or Temporal’s files', async () => {
  written['Temporal’s files'] = await readTemporalData();
  const values = Object.fromEntries([...secrets].filter(Boolean).map((secret, index) => [`secret ${index}`, secret]));

  expect(secrets.size).toBeGreaterThan(8);
  expect(findLeaks(values, written)).toEqual([]);
  // The same search finds what is not hidden.
  expect(findLeaks({ who: 'bob', what: retire }, written)).toEqual(
    expect.arrayContaining(['who in by hand: decoded history', 'what in by hand: runbook describe']),
  );
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, place.environment)).toEqual([]);
});
