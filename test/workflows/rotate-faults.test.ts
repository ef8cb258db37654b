import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { startFaultyProxy } from '../../stack/faults/faulty-proxy.js';
import type { CredentialStatus } from '../../core/credential.js';
import { KubernetesApi, resources } from '../../systems/kubernetes/api.js';
import { chooseUpdate } from '../../workflows/messages.js';
import { runCli } from '../support/cli.js';
import { replayAll } from '../support/replay.js';
import { openRotationShop, type RotationShop } from '../support/rotation-shop.js';
import { connectClient, endOf, startRun } from '../support/runs.js';
import { setting } from '../support/settings.js';
import { failingAfter, plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(180_000);

let client: Client;
let shop: RotationShop;
let before: { user: string; password: string };

beforeAll(async () => {
  client = await connectClient();
  shop = await openRotationShop('rotate-faults');
}, 180_000);

afterAll(async () => {
  await shop.close();
  await client.connection.close();
});

beforeEach(async () => {
  before = await shop.readSecret();
});

const rotate = async (wrap: Wrap, change: object = {}, api?: KubernetesApi) =>
  withWorkers(wrap, async () => (await startRun(client, shop.runbook(change))).end(), { ...(api && { api }) });

/** Everybody uses what they used before, and nobody can use anything else. */
async function expectUnchanged(): Promise<void> {
  expect(shop.counts().failures).toBe(0);
  expect(await shop.readSecret()).toEqual(before);
  expect(await shop.sql('select 1 as one', before)).toEqual([{ one: 1 }]);
  const aside = await shop.readAside().catch(() => ({}));
  expect(aside).not.toHaveProperty('pending');
  expect(aside).not.toHaveProperty('previous');
  const others = await shop.sql(
    `select 1 from pg_roles where rolname ~ '^shop_[ab]$' and rolcanlogin and rolname <> '${before.user}'`,
  );
  expect(others).toEqual([]);
}

/** One version, of the other user, and it works. */
async function expectRotated(): Promise<void> {
  expect(shop.counts().failures).toBe(0);
  const secret = await shop.readSecret();
  expect(secret.user).not.toBe(before.user);
  expect(await shop.sql('select 1 as one', secret)).toEqual([{ one: 1 }]);
  await expect(shop.sql('select 1', before)).rejects.toThrow(/password/);
  expect(Object.keys(await shop.readAside()).sort()).toEqual(['provedAt', 'publishedBy', 'rotatedAt']);
}

test.each(['setCandidate', 'publishCandidate', 'awaitUnused'])(
  'a rotation that fails after %s leaves everybody where they were',
  async (activity) => {
    const record = await rotate(failingAfter(activity));

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
    await expectUnchanged();
  },
);

test('while one rotation asks what to do no other of the service begins; after the answer it goes on from where it was', async () => {
  const { record, other } = await withWorkers(failingAfter('verifyCandidate'), async () => {
    const run = await startRun(client, shop.runbook({ onFailure: 'ask' }));
    await run.until('a question', ({ phase }) => phase === 'asking');
    const second = await (await startRun(client, shop.runbook({ credential: 'another-db' }))).end();
    await run.handle.executeUpdate(chooseUpdate, { args: [{ action: 'retry', by: 'bob' }] });
    return { record: await run.end(), other: second };
  });

  const named = `found rotate/${shop.environment}/shop-db`;
  expect(other.outcome).toMatchObject({ name: 'failed', code: 'Locked', message: expect.stringContaining(named) });
  expect(endOf(record)).toBe('succeeded');
  await expectRotated();
});

test('a server that refuses the candidate, or shows too little to the rotation, is told so, and nothing is left of it', async () => {
  await shop.sql(`create role rotator login createrole password 'rotator-of-the-tests'`);
  const connection = `postgres://rotator:rotator-of-the-tests@${shop.address}:5432/postgres\n`;
  await writeFile(join(shop.tokens, 'rotator'), connection);
  const provider = { ...shop.runbook().provider, admin: 'rotator' };
  const withoutRights: Wrap = (name, activity) =>
    name !== 'setCandidate'
      ? activity
      : async (input) => {
          await shop.sql('alter role rotator nocreaterole');
          return activity(input);
        };

  const blind = await rotate(plain, { provider });
  await shop.sql('grant pg_read_all_stats, pg_signal_backend to rotator');
  const refused = await rotate(withoutRights, { provider });

  const isForbidden = { code: 'Forbidden', message: expect.stringMatching(/permission denied|must have admin option/) };
  expect(blind.outcome).toMatchObject({ name: 'failed', message: expect.stringContaining('pg_read_all_stats') });
  expect(refused.outcome).toMatchObject({ name: 'undone', ...isForbidden });
  await expectUnchanged();
});

test('a consumer that never takes the new one is named, and all others take the old one again', async () => {
  const pause = (paused: boolean) =>
    shop.api.merge(resources.deployments, shop.namespace, 'orders', { spec: { paused } });
  await pause(true);

  const record = await rotate(plain, { adoptWithin: '5s' });
  await pause(false);

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'RolloutFailed',
    message: expect.stringContaining('orders'),
  });
  await expectUnchanged();
});

test('a second consumer that nobody has declared keeps its login: the rotation names it and goes back', async () => {
  const stranger = await shop.connect(before, 'reports');

  const record = await rotate(plain, { adoptWithin: '15s' });

  expect(record.plan?.notes.join()).toContain('(reports): 1 session(s)');
  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'StillUsed',
    message: expect.stringContaining('(reports): 1 session(s)'),
  });
  expect((await stranger.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await stranger.end();
  await expectUnchanged();
});

/** With a pod that uses the Secret and that no runbook declares. */
async function withUndeclaredPod<T>(work: () => Promise<T>): Promise<T> {
  const secret = { secretName: 'shop-db' };
  await shop.api.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: shop.namespace, name: 'cron' },
    spec: {
      containers: [{ name: 'cron', image: 'registry.local/orders:1' }],
      volumes: [{ name: 'credential', secret }],
      nodeSelector: { no: 'such' },
    },
  } as never);
  try {
    return await work();
  } finally {
    await shop.api.remove(resources.pods, shop.namespace, 'cron');
  }
}

test('a pod that uses the Secret and that nobody has declared is found before anything changes', async () => {
  const record = await withUndeclaredPod(() => rotate(plain));

  expect(record.outcome).toMatchObject({
    name: 'failed',
    code: 'Refused',
    message: expect.stringContaining('found cron'),
  });
  await expectUnchanged();
});

test('a store that refuses each write once, and whose answer to each is lost once, holds one current version at the end', async () => {
  const proxy = await startFaultyProxy(setting('KUBECONFIG'));
  const seen = new Map<string, number>();
  proxy.schedule = ({ method, path }) => {
    const isWrite = method !== 'GET' && path.includes('/secrets') && !path.includes('dryRun');
    if (!isWrite) return undefined;
    const what = `${method} ${path}`;
    const times = (seen.get(what) ?? 0) + 1;
    seen.set(what, times);
    // The Secret that is kept beside is written more than once.
    return times % 3 === 1
      ? { done: false, answer: 503 }
      : times % 3 === 2
        ? { done: true, answer: 'breaks off' }
        : undefined;
  };

  const record = await rotate(plain, {}, new KubernetesApi(proxy.kubeConfig));
  proxy.stop();

  expect(endOf(record)).toBe('succeeded');
  expect(proxy.faults).toBeGreaterThan(4);
  await expectRotated();
});

test('a store that was restored to an old version is seen by the inventory, and healed by the next rotation', async () => {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  const old = { user: before.user === 'shop_a' ? 'shop_b' : 'shop_a', password: 'of-an-old-backup' };
  const data = { username: encode(old.user), password: encode(old.password) };
  await shop.api.merge(resources.secrets, shop.namespace, 'shop-db', { data });
  await shop.api.remove(resources.secrets, shop.namespace, 'shop-db-rotation');

  const { record, seen, healed } = await withWorkers(plain, async () => {
    const words = ['credentials', shop.runbookFile, '--json', '--exit-code'];
    const first = await runCli(words);
    const rotated = await runCli(['rotate', shop.runbookFile, '--comment', 'restored', '--json']);
    return { seen: first, record: rotated, healed: await runCli(words) };
  });

  const statusOf = (text: string) => (JSON.parse(text) as CredentialStatus[])[0];
  expect(seen.exitCode).toBe(1);
  expect(statusOf(seen.stdout)?.debts).toEqual(['the current version does not work', 'it has never been rotated']);
  expect(record.exitCode).toBe(0);
  expect(JSON.parse(record.stdout)).toMatchObject({
    reason: 'restored',
    rotation: { old: { user: before.user }, new: { user: old.user } },
  });
  expect(healed.exitCode).toBe(0);
  expect(statusOf(healed.stdout)).toMatchObject({ debts: [], current: { user: old.user } });
  for (const text of [seen.stdout, record.stdout, record.stderr, healed.stdout])
    for (const password of [before.password, (await shop.readSecret()).password]) expect(text).not.toContain(password);
  await expectRotated();
});

test('a leak that could not be contained stays a debt until a later version is proven', async () => {
  const debts = async () => {
    const { stdout } = await withWorkers(plain, () => runCli(['credentials', shop.runbookFile, '--json']));
    return (JSON.parse(stdout) as CredentialStatus[])[0]?.debts;
  };

  const leak = await withUndeclaredPod(() => rotate(plain, { reason: 'leak' }));

  expect(leak.outcome).toMatchObject({ name: 'failed', code: 'Refused' });
  expect(await debts()).toEqual([expect.stringMatching(/^it is known to have leaked since/)]);

  const later = await rotate(plain);

  expect(endOf(later)).toBe('succeeded');
  expect(await debts()).toEqual([]);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
