import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { runCli } from '../support/cli.js';
import { openCredentialPlace, type CredentialPlace, type PlacedCredential } from '../support/credential-place.js';
import { startKeyService, type KeyService } from '../support/key-service.js';
import { findLeaks } from '../support/leaks.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, startRun, type StartedRun } from '../support/runs.js';
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
let byHand: PlacedCredential;

beforeAll(async () => {
  client = await connectClient();
  place = await openCredentialPlace('by-hand');
  service = await startKeyService();
  byHand = await place.add(
    'max-bot',
    {
      ...{ kind: 'byHand', user: 'shop-bot', make: 'issue a new key in the settings', overlaps: true, retire },
      check: { kind: 'http', url: `${service.url}/whoami`, headers: { 'X-Key': '{password}' } },
    },
    service.add('by hand').secret,
  );
}, 180_000);

afterAll(async () => {
  await service.close();
  await place.close();
  await client.connection.close();
});

/** All of these runs are written down somewhere. */
async function keep(name: string, run: StartedRun): Promise<void> {
  for (const { secret } of service.keys) secrets.add(secret);
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
  const file = join(place.tokens, 'other.yaml');
  const provider = { kind: 'postgres', admin: 'admin', users: ['shop_a', 'shop_b'], owner: 'shop_owner' };
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(byHand.file, 'utf8')), provider }));
  const other = await runCli(['intake', file], {}, 'PLANTED-wrong\n');

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

  expect(endOf(record)).toBe('succeeded');
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

  expect(endOf(second)).toBe('succeeded');
  expect(await byHand.read()).toEqual({ user: 'shop-bot', password: secret });
});

test('a version before the current one that nobody has revoked is asked about first: another one would take its place', async () => {
  const [current, before] = [await byHand.read(), service.add('nobody has revoked it').secret];
  await byHand.writeAside({ ...(await byHand.readAside()), previous: { user: 'shop-bot', password: before } });
  secrets.add(before);
  const record = await withWorkers(plain, async () => {
    const run = await startRun(client, byHand.runbook());
    const asked = await run.until('a question', isAsking);
    expect(asked.steps.at(-1)?.error).toContain(retire);
    expect((await runCli(['abort', `rotate/${place.environment}/max-bot`])).exitCode).toBe(0);
    const ended = await run.end();
    await keep('by hand, one before', run);
    return ended;
  });

  expect(record.outcome).toMatchObject({ name: 'undone' });
  expect(await byHand.read()).toEqual(current);
  expect(await byHand.readAside()).toMatchObject({ previous: { password: before } });
});

test('no value stands in a history, a record, an answer or Temporal’s files', async () => {
  written['Temporal’s files'] = await readTemporalData();
  const values = Object.fromEntries([...secrets].filter(Boolean).map((secret, index) => [`secret ${index}`, secret]));

  expect(secrets.size).toBeGreaterThan(6);
  expect(findLeaks(values, written)).toEqual([]);
  // The same search finds what is not hidden.
  expect(findLeaks({ who: 'bob', what: retire }, written)).toEqual(
    expect.arrayContaining(['who in by hand: decoded history', 'what in by hand: runbook describe']),
  );
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, place.environment)).toEqual([]);
});
