import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { KubernetesObjectApi, type V1Deployment } from '@kubernetes/client-node';
import type { Client } from '@temporalio/client';
import type { CredentialStatus } from '../../core/credential.js';
import type { RunRecord } from '../../core/record.js';
import type { Credentials } from '../../runbooks/credentials.js';
import { Rotate } from '../../runbooks/rotate.js';
import { ordersManifests } from '../../stack/orders/index.js';
import type { Alert } from '../../systems/alertmanager.js';
import { resources } from '../../systems/kubernetes/api.js';
import { windowOf } from '../policies/calendars.js';
import { runCli } from '../support/cli.js';
import { replayAll } from '../support/replay.js';
import { firstPassword, openRotationShop, type RotationShop } from '../support/rotation-shop.js';
import { connectClient, recordOfFailure, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { plain, spawnWorker, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

let client: Client;
let shop: RotationShop;
let inventory: Credentials;

const sent: Alert[] = [];
const alerting = {
  send(alert: Alert) {
    sent.push(alert);
    return Promise.resolve();
  },
};
const working = <T>(work: () => Promise<T>) => withWorkers(plain, work, { alerting });
const file = (name: string) => join(shop.tokens, name);

beforeAll(async () => {
  client = await connectClient();
  shop = await openRotationShop('inventory');
  await openCarts();
  const written = JSON.parse(await readFile(shop.runbookFile, 'utf8')) as Record<string, unknown>;
  const { namespace } = shop;
  const carts = {
    ...written,
    credential: 'carts-db',
    knownBy: ['anna'],
    provider: { kind: 'postgres', admin: 'admin', users: ['carts_a', 'carts_b'], owner: 'shop_owner' },
    store: { kind: 'kubernetesSecret', namespace, name: 'carts-db' },
    consumers: [{ namespace, deployment: 'carts', fingerprint: { path: '/credential', port: 8080 } }],
    adoptWithin: '20s',
  };
  const runbooks = [carts, { ...written, knownBy: ['anna', 'bob'] }];
  const about = { kind: 'credentials' as const, service: 'all', environment: shop.environment };
  await writeFile(file('carts.yaml'), JSON.stringify(carts));
  await writeFile(shop.runbookFile, JSON.stringify(runbooks[1]));
  await writeFile(file('inventory.yaml'), JSON.stringify({ ...about, credentials: ['carts.yaml', 'rotate.yaml'] }));
  const schedule = { kind: 'schedule', name: 'nightly', runbook: 'inventory.yaml', environment: shop.environment };
  await writeFile(file('schedule.json'), JSON.stringify({ ...schedule, cron: '0 3 * * *', timeZone: 'UTC' }));
  inventory = { ...about, credentials: runbooks.map((each) => Rotate.parse(each)) };
}, 240_000);

afterAll(async () => {
  await client.schedule
    .getHandle(`${shop.environment}/nightly`)
    .delete()
    .catch(() => undefined);
  await shop.close();
  await client.connection.close();
});

/** A second credential of the same service and server, with a Deployment that lives on it. */
async function openCarts(): Promise<void> {
  const { namespace, address } = shop;
  await shop.sql(`create role carts_a login password '${firstPassword}' in role shop_owner`);
  await shop.sql('alter role carts_a set role to shop_owner');
  const objects = KubernetesObjectApi.makeApiClient(shop.api.kubeConfig);
  const stringData = { username: 'carts_a', password: firstPassword };
  await objects.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'carts-db', namespace },
    stringData,
  } as never);
  const database = `${address}:5432/postgres`;
  const [manifest] = ordersManifests({ namespace, database, secret: 'carts-db', replicas: 1, queriesPerSecond: 5 });
  const text = JSON.stringify(manifest).replaceAll(/"(app|name)":"orders"/g, '"$1":"carts"');
  await objects.create(JSON.parse(text) as V1Deployment);
  await eventually('carts that run', 60, async () => {
    const { status } = await shop.api.read<V1Deployment & { metadata: { name: string; namespace: string } }>(
      resources.deployments,
      namespace,
      'carts',
    );
    return status?.readyReplicas === 1;
  });
}

/** What the CLI says of the inventory; the same is in a page. */
async function readStatuses(): Promise<Map<string, CredentialStatus>> {
  const { stdout } = await runCli(['credentials', file('inventory.yaml'), '--json', '--html', file('page.html')]);
  return new Map((JSON.parse(stdout) as CredentialStatus[]).map((each) => [each.credential, each]));
}

const alertsOn = () =>
  sent
    .splice(0)
    .flatMap(({ name, labels, endsAt }) =>
      (endsAt?.getTime() ?? 0) > Date.now() ? [[name, labels['credential']]] : [],
    );

test('each night one credential of a service is replaced, the others say why they wait, and monitoring hears what is owed', async () => {
  const applied = await runCli(['schedule', 'apply', file('schedule.json')]);
  expect(applied.stdout).toContain('created');
  const night = `credentials/${shop.environment}/all`;

  const first = await working(async () => {
    await runCli(['schedule', 'trigger', `${shop.environment}/nightly`]);
    const handle = client.workflow.getHandle<() => Promise<RunRecord>>(night);
    // Not begun yet: no such run.
    const ended = () =>
      handle
        .result()
        .catch(recordOfFailure)
        .catch(() => undefined);
    return eventually('the night', 120, ended);
  });

  expect(first.outcome).toMatchObject({
    name: 'succeeded',
    message: expect.stringMatching(/^replaced and proven: carts-db; 1 of 2 /),
  });
  expect(first.rotations).toMatchObject([
    { credential: 'carts-db', state: 'proven', workflowId: `rotate/${shop.environment}/carts-db` },
  ]);
  expect(first.plan?.notes.join('\n')).toMatch(/shop-db waits: another one of shop has its turn/);
  expect(alertsOn()).toEqual([['RunbookCredentialDebts', 'shop-db']]);

  const freezes = [windowOf('2000-01-01T00:00', '2100-01-01T00:00', { name: 'for ever' })];
  const calendar = { freezes, allowed: [] };
  const again = await working(async () => (await startRun(client, inventory)).end());
  const frozen = await working(async () => (await startRun(client, inventory, undefined, { calendar })).end());

  for (const { outcome, rotations } of [again, frozen]) {
    expect(outcome).toMatchObject({
      name: 'succeeded',
      message: expect.stringContaining('nothing was to be replaced'),
    });
    expect(rotations).toEqual([]);
  }
  expect(again.plan?.notes.join('\n')).toMatch(/shop-db waits: another one of shop has its turn/);
  expect(frozen.plan?.notes.join('\n')).toMatch(/shop-db waits: frozen by "for ever"/);
  expect((await shop.readSecret()).user).toBe('shop_a');
});

test('somebody leaves: what they could know is replaced one after another, what fails stays owed, and the campaign goes on with it', async () => {
  const words = ['rotate', '--reason', 'offboarding', '--person', 'anna', shop.tokens, '--json'];
  const pause = (paused: boolean) =>
    shop.api.merge(resources.deployments, shop.namespace, 'carts', { spec: { paused } });
  await pause(true);
  sent.length = 0;

  const { first, owing, page, second, paid } = await working(async () => {
    const failed = await runCli(words);
    const between = await readStatuses();
    const html = await readFile(file('page.html'), 'utf8');
    await pause(false);
    const done = await runCli(words);
    return { first: failed, owing: between, page: html, second: done, paid: await readStatuses() };
  });

  const record = JSON.parse(first.stdout) as RunRecord;
  expect(first.exitCode).toBe(1);
  expect(record.outcome).toMatchObject({
    code: 'PartlyDone',
    message: expect.stringMatching(/^1 of 2 .*left: carts-db \(.*what was replaced stays so$/),
  });
  expect(record.rotations).toMatchObject([
    { credential: 'carts-db', state: 'failed', code: 'RolloutFailed' },
    { credential: 'shop-db', state: 'proven' },
  ]);
  const [carts, orders] = record.steps.filter(({ name }) => name.startsWith('rotate '));
  expect(Date.parse(orders?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(carts?.finishedAt ?? ''));
  expect(owing.get('carts-db')?.debts).toEqual([expect.stringMatching(/^anna has left on /)]);
  expect(owing.get('shop-db')?.debts).toEqual([]);
  expect(page).toContain('1 of 2 credentials owe something.');
  expect(page).toMatch(/<p>anna has left on /);

  const rest = JSON.parse(second.stdout) as RunRecord;
  expect(second.exitCode).toBe(0);
  expect(rest.plan?.notes).toContain('replaced and proven since: shop-db');
  expect(rest.rotations).toMatchObject([{ credential: 'carts-db', state: 'proven' }]);
  for (const { debts } of paid.values()) expect(debts).toEqual([]);
  expect(alertsOn()).toEqual([['RunbookCredentialDebts', 'carts-db']]);
  await expect(shop.sql('select 1', { user: 'carts_a', password: firstPassword })).rejects.toThrow(/password/);
  expect(shop.counts().failures).toBe(0);
});

test('Prometheus is told when each came into force, when it is too old, when the one before was proven dead, and what it owes', async () => {
  const worker = await spawnWorker();
  const { exitCode } = await runCli(['run', file('inventory.yaml')]);
  const port = /"healthPort":(\d+)/.exec(worker.log())?.[1];
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const status = (await readStatuses()).get('shop-db');
  await worker.kill('SIGTERM');

  expect(exitCode).toBe(0);
  const gauge = (name: string) => {
    const labels = `\\{(?=[^}]*credential="shop-db")(?=[^}]*service="shop")[^}]*environment="${shop.environment}"[^}]*\\}`;
    return Number(new RegExp(`^runbook_credential_${name}${labels} (\\S+)$`, 'm').exec(metrics)?.[1]);
  };
  const seconds = (at = '') => Date.parse(at) / 1000;
  expect(gauge('rotated_timestamp_seconds')).toBe(seconds(status?.rotatedAt));
  expect(gauge('due_timestamp_seconds')).toBe(seconds(status?.rotatedAt) + 90 * 86_400);
  expect(gauge('proved_timestamp_seconds')).toBe(seconds(status?.provedAt));
  expect(gauge('debts')).toBe(0);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, shop.environment)).toEqual([]);
});
