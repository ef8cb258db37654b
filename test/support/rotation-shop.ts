import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import pg from 'pg';
import { ensureImage } from '../../stack/images/ensure-image.js';
import { ordersImage, ordersManifests } from '../../stack/orders/index.js';
import { Rotate } from '../../runbooks/rotate.js';
import { resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import type { ConfigMap, Pod } from '../../systems/kubernetes/objects.js';
import { startPostgresPod } from './postgres-pod.js';
import { eventually } from './settings.js';

/** Known passwords, of a shape that nothing else has: what the tests look for where none may be. */
export const firstPassword = 'PLANTED-first-9c51d2e07f3a';

/** Numbers of the shop's queries, also of pods that are gone by now. */
export interface QueryCounts {
  queries: number;
  failures: number;
}

/** A shop of its own for one test file: PostgreSQL, a credential of it in a Secret, and a Deployment that lives on it. */
export interface RotationShop {
  api: KubernetesApi;
  namespace: string;
  /** Of its runs. */
  environment: string;
  tokens: string;
  address: string;
  runbook(change?: object): Rotate;
  /** The same in a file, with an environment that has no gate. */
  runbookFile: string;
  /** SQL as the server's superuser, or as somebody else. */
  sql(text: string, as?: { user: string; password: string }): Promise<Array<Record<string, unknown>>>;
  /** The credential as consumers read it. */
  readSecret(): Promise<{ user: string; password: string }>;
  /** What the store keeps beside it. */
  readAside(): Promise<Record<string, unknown>>;
  counts(): QueryCounts;
  /** Another client of the database, as a connection. */
  connect(as: { user: string; password: string }, application: string): Promise<pg.Client>;
  close(): Promise<void>;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const decode = (text = '') => Buffer.from(text, 'base64').toString('utf8');

/** Starts it; the worker's tokens are in a folder of its own. */
export async function openRotationShop(name: string): Promise<RotationShop> {
  const namespace = `${name}-${process.pid}-${Date.now() % 100_000}`;
  const environment = `${name}-${process.pid}`;
  const api = connectKubernetes();
  const pod = await startPostgresPod(namespace);
  const tokens = await mkdtemp(join(tmpdir(), 'rotation-'));
  const admin = { user: 'postgres', password: pod.password };
  await writeFile(join(tokens, 'admin'), `postgres://postgres:${pod.password}@${pod.address}:5432/postgres\n`);
  await writeFile(join(tokens, 'fingerprint-key'), `${'k'.repeat(40)}\n`);
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
  const connect = async (as: { user: string; password: string }, application: string) => {
    const client = new pg.Client({ host: pod.address, database: 'postgres', ...as, application_name: application });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const sql: RotationShop['sql'] = async (text, as = admin) => {
    const client = await connect(as, 'test');
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  await sql(`
    create role shop_owner nologin;
    create role shop_a login password '${firstPassword}' in role shop_owner;
    alter role shop_a set role to shop_owner;
    create table orders (id bigint generated always as identity, what text, at timestamptz default now());
    alter table orders owner to shop_owner`);
  const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
  const stringData = { username: 'shop_a', password: firstPassword, host: pod.address };
  await objects.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'shop-db', namespace },
    stringData,
  } as never);
  await ensureImage(process.env['STACK_NAME'] ?? 'default', await ordersImage(say), say);
  const database = `${pod.address}:5432/postgres`;
  for (const object of ordersManifests({ namespace, database, secret: 'shop-db', replicas: 2, queriesPerSecond: 25 }))
    await objects.create(object);
  const counter = countQueries(api, namespace);
  await eventually('two pods that ask', 60, () => Promise.resolve(counter.pods() === 2));
  const written = {
    kind: 'rotate',
    service: 'shop',
    credential: 'shop-db',
    environment,
    provider: { kind: 'postgres', admin: 'admin', users: ['shop_a', 'shop_b'], owner: 'shop_owner' },
    store: { kind: 'kubernetesSecret', namespace, name: 'shop-db' },
    consumers: [{ namespace, deployment: 'orders', fingerprint: { path: '/credential', port: 8080 } }],
    adoptWithin: '60s',
    grace: '0s',
  };
  const runbookFile = await writeRunbook(tokens, written);
  return {
    ...{ api, namespace, environment, tokens, sql, connect, runbookFile, address: pod.address },
    counts: counter.counts,
    runbook: (change = {}) => Rotate.parse({ ...written, ...change }),
    async readSecret() {
      const { data } = await api.read<ConfigMap>(resources.secrets, namespace, 'shop-db');
      return { user: decode(data?.['username']), password: decode(data?.['password']) };
    },
    async readAside() {
      const { data } = await api.read<ConfigMap>(resources.secrets, namespace, 'shop-db-rotation');
      return JSON.parse(decode(data?.['state'])) as Record<string, unknown>;
    },
    async close() {
      await counter.stop();
      delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
      await pod.remove();
      await rm(tokens, { recursive: true, force: true });
    },
  };
}

/** JSON is YAML as well. */
async function writeRunbook(folder: string, runbook: { environment: string }): Promise<string> {
  const { environment: name } = runbook;
  await mkdir(join(folder, 'environments'));
  await writeFile(join(folder, 'environments', `${name}.yaml`), JSON.stringify({ kind: 'environment', name }));
  const file = join(folder, 'rotate.yaml');
  await writeFile(file, JSON.stringify(runbook));
  return file;
}

/** Reads the counters of every pod several times a second: a pod tells them for some time after its last query. */
function countQueries(api: KubernetesApi, namespace: string) {
  const seen = new Map<string, QueryCounts>();
  let stopped = false;
  const read = async (pod: string) => {
    const text = await api.proxied(namespace, pod, 8080, '/metrics', 2000).catch(() => ''); // not up yet, or gone
    const value = (metric: string) => new RegExp(`^${metric} (\\d+)$`, 'm').exec(text)?.[1];
    const [queries, failures] = [value('orders_queries_total'), value('orders_query_failures_total')];
    if (queries !== undefined) seen.set(pod, { queries: Number(queries), failures: Number(failures) });
  };
  const loop = async () => {
    while (!stopped) {
      const pods = await api.list<Pod>(resources.pods, namespace, { app: 'orders' }).catch(() => []);
      await Promise.all(pods.map(({ metadata }) => read(metadata.name)));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const looping = loop();
  const total = (which: keyof QueryCounts) => [...seen.values()].reduce((sum, counts) => sum + counts[which], 0);
  return {
    counts: () => ({ queries: total('queries'), failures: total('failures') }),
    pods: () => [...seen.values()].filter(({ queries }) => queries > 0).length,
    async stop() {
      stopped = true;
      await looping;
    },
  };
}
