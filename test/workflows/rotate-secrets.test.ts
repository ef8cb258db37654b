import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { resources } from '../../systems/kubernetes/api.js';
import type { Pod } from '../../systems/kubernetes/objects.js';
import { runCli } from '../support/cli.js';
import { startEchoingStore, type EchoingStore } from '../support/echoing-store.js';
import { startHeldPostgres, type HeldPostgres } from '../support/held-postgres.js';
import { startKeyValue, type KeyValue } from '../support/key-value.js';
import { findLeaks } from '../support/leaks.js';
import { firstPassword, openRotationShop, type RotationShop } from '../support/rotation-shop.js';
import { connectClient, startRun } from '../support/runs.js';
import { spawnWorker, type WorkerProcess } from '../support/workers.js';
import { readRun, readStackLogs, readTemporalData, watchPending, type Written } from '../support/written.js';

jest.setTimeout(300_000);

// Of a shape that nothing else has, and that looks different in a URL, in base64 and in JSON.
const adminPassword = 'PLANTED/admin+9c51=d2&e07f';
const fingerprintKey = 'PLANTED/fingerprint+key=4be1/9c51d2e07f3a';
const token = 'hvs.PLANTED/token+77aa=0c&51d2';
const license = 'PLANTED/license+0d9e=51&e07f';
/** What may be found nowhere: these, and each password that a rotation makes. */
const secrets = new Set([adminPassword, fingerprintKey, token, license, firstPassword]);
/** What nobody hides: where this is not found, the search would find no secret either. */
const canary = `CANARY-${randomBytes(6).toString('hex')}`;
const written: Written = {};

let client: Client;
let shop: RotationShop;
let store: KeyValue;
let echoing: EchoingStore;
let held: HeldPostgres;
let worker: WorkerProcess;
let pending: ReturnType<typeof watchPending>;

const idOf = (credential: string) => `rotate/${shop.environment}/${credential}`;

/** A credential in the key-value store. Its users are nobody's, so any consumer will do. */
const bill = (address: string) => ({
  credential: 'bill-db',
  provider: { kind: 'postgres', admin: 'admin', users: ['bill_a', 'bill_b'], owner: 'shop_owner' },
  store: { kind: 'vault', address, mount: 'secret', path: 'shop/bill', token: 'vault-token' },
  consumers: [{ namespace: shop.namespace, deployment: 'orders' }],
});

beforeAll(async () => {
  client = await connectClient();
  shop = await openRotationShop('rotate-secrets', { adminPassword, fingerprintKey });
  await shop.sql(`create role bill_a login password '${firstPassword}' in role shop_owner`);
  await shop.sql('alter role bill_a set role to shop_owner');
  await shop.sql(`alter system set log_statement = 'all'`);
  await shop.sql('select pg_reload_conf()');
  await shop.api.merge(resources.secrets, shop.namespace, 'shop-db', { stringData: { license } });
  store = await startKeyValue();
  store.token = token;
  store.versions.set('shop/bill', [{ data: { username: 'bill_a', password: firstPassword, license }, deleted: false }]);
  await writeFile(join(shop.tokens, 'vault-token'), `${token}\n`);
  echoing = await startEchoingStore(store, canary);
  held = await startHeldPostgres(shop.address);
  pending = watchPending(client, [idOf('shop-db'), idOf('bill-db')]);
  worker = await spawnWorker();
}, 240_000);

afterAll(async () => {
  await worker.kill('SIGTERM');
  await pending.stop();
  store.stop();
  await echoing.close();
  held.close();
  await shop.close();
  await client.connection.close();
});

/** Keeps all that is said of a credential's last run, and the passwords that it has made. */
async function keep(name: string, credential: string): Promise<void> {
  const found = await readRun(client.workflow.getHandle(idOf(credential)));
  for (const [place, content] of Object.entries(found)) written[`${name}: ${place}`] = content;
  const made = [await shop.readSecret(), await shop.readAside(), [...store.versions.values()], echoing.asked];
  for (const [, password] of JSON.stringify(made)
    .replaceAll('\\', '')
    .matchAll(/"password":"([^"]+)"/g))
    secrets.add(password ?? '');
}

async function keepWords(...words: string[]): Promise<number> {
  const { exitCode, stdout, stderr } = await runCli(words);
  written[`runbook ${words.join(' ')}`] = `${stdout}\n${stderr}`;
  return exitCode;
}

test('rotations of both stores go through', async () => {
  expect(await keepWords('rotate', shop.runbookFile, '--comment', canary)).toBe(0);
  await keep('scheduled', 'shop-db');

  const { outcome } = await (await startRun(client, shop.runbook(bill(store.address)))).end();
  await keep('in the key-value store', 'bill-db');

  expect(outcome).toMatchObject({ name: 'succeeded' });
  expect(store.versions.get('shop/bill')?.at(-1)?.data).toMatchObject({ username: 'bill_b', license });
});

test('a store that refuses the candidate, and repeats it, is quoted without it', async () => {
  const { outcome } = await (await startRun(client, shop.runbook(bill(echoing.url)))).end();
  await keep('refused by the store', 'bill-db');

  expect(outcome).toMatchObject({ name: 'undone', message: expect.stringContaining(canary) });
  expect(outcome?.message).toContain('•••');
  expect(echoing.asked.length).toBeGreaterThan(2);
});

test('a server that refuses the candidate, and repeats it, is quoted without it', async () => {
  const file = join(shop.tokens, 'admin');
  const admin = await readFile(file, 'utf8');
  await writeFile(file, admin.replace(/@[^@/]+\//, `@127.0.0.1:${held.port}/`));
  held.refusal = async (statement) => {
    const { pending: staged } = (await shop.readAside()) as { pending?: { password: string } };
    // The plan rehearses it before anything is staged.
    return staged && `${canary}: "${staged.password}" is in no dictionary, in: ${statement}`;
  };

  const { outcome } = await (await startRun(client, shop.runbook())).end();
  held.refusal = undefined;
  await writeFile(file, admin);
  await keep('refused by the server', 'shop-db');

  expect(outcome).toMatchObject({ name: 'undone', message: expect.stringContaining(canary) });
  expect(outcome?.message).toContain('•••');
});

test('a leak goes through, and the inventory says how everything stands', async () => {
  expect(await keepWords('rotate', shop.runbookFile, '--reason', 'leak', '--comment', canary, '--json')).toBe(0);
  await keep('leak', 'shop-db');
  const files = [shop.runbookFile];
  for (const address of [store.address, echoing.url]) {
    const file = join(shop.tokens, `bill-${files.length}.yaml`);
    await writeFile(file, JSON.stringify(shop.runbook(bill(address))));
    files.push(file);
  }
  await keepWords('credentials', ...files);
  await keepWords('credentials', ...files, '--json');
  // Somebody has put the connection where the user should stand.
  store.versions.get('shop/bill')?.push({ data: { username: 'nobody', password: adminPassword }, deleted: false });
  await keepWords('credentials', ...files, '--exit-code');
});

test('no secret stands in Temporal’s files, histories, heartbeats, failures, answers, logs or terminals', async () => {
  for (const pod of await shop.api.list<Pod>(resources.pods, shop.namespace))
    written[`log of pod ${pod.metadata.name}`] = await shop.api.logs(shop.namespace, pod.metadata.name, 100_000);
  Object.assign(written, await readStackLogs(), {
    'Temporal’s files': await readTemporalData(),
    'what was under way': pending.text(),
    'log of the worker': worker.log(),
  });
  // Half of one is too much as well.
  const values = Object.fromEntries([...secrets].map((secret, index) => [`secret ${index}`, secret.slice(0, 16)]));

  expect(findLeaks(values, written)).toEqual([]);

  // The same search finds what is not hidden, in every kind of place.
  const found = findLeaks({ canary, id: idOf('shop-db'), verifier: 'SCRAM-SHA-256$', start: 'worker starts' }, written);
  const wanted = [
    'id in Temporal’s files',
    'canary in scheduled: decoded history',
    'canary in leak: query record',
    'canary in refused by the store: decoded history',
    'canary in refused by the server: runbook watch',
    'canary in refused by the server: runbook describe --json',
    'canary in what was under way',
    'start in log of the worker',
    'verifier in log of pod postgres-0',
  ];
  expect(wanted.filter((each) => !found.includes(each))).toEqual([]);
  // Of what is encrypted nobody would find anything: therefore it is decrypted first.
  expect(found).not.toContain('canary in scheduled: raw history');
  // One for each rotation beside those that were planted.
  expect(secrets.size).toBeGreaterThanOrEqual(5 + 5);
});
