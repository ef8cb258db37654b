import { randomBytes } from 'node:crypto';
import {
  ApiException,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1Secret,
} from '@kubernetes/client-node';
import pg from 'pg';
import { createObject } from '../cluster/create-object.js';
import { ensureImage } from '../images/ensure-image.js';
import type { Say } from '../progress.js';
import { waitFor } from '../wait.js';
import { ordersImage, ordersManifests } from './index.js';
import { startPostgresPod } from './postgres-pod.js';
import { countQueries, type QueryCounts } from './query-counter.js';

/** A user of a PostgreSQL as one logs in. */
export interface Login {
  user: string;
  password: string;
}

/** Which shop of orders is opened, on which stack. */
export interface OrdersShopOptions {
  stackName: string;
  /** The stack's KUBECONFIG. */
  kubeConfigFile: string;
  namespace: string;
  replicas: number;
  /** Of all pods together. */
  queriesPerSecond: number;
  /** Of the superuser and of the first user `shop_a`; made where they are not given. */
  adminPassword?: string;
  password?: string;
  say: Say;
}

/** Orders that lives on a PostgreSQL beside it, by the Secret `shop-db`: made for two users that take turns, of whom `shop_a` is there. */
export interface OrdersShop {
  namespace: string;
  /** Host of the PostgreSQL. */
  address: string;
  /** The superuser's connection: for a token file. */
  admin: string;
  counts(): QueryCounts;
  /** The credential as consumers read it. */
  readSecret(): Promise<Login>;
  /** SQL as the server's superuser, or as somebody else. */
  sql(text: string, as?: Login): Promise<Array<Record<string, unknown>>>;
  /** Another client of the database, as a connection. */
  connect(as: Login, application: string): Promise<pg.Client>;
  /** Removes the namespace as well. */
  close(): Promise<void>;
  /** Ends nothing but the counting. */
  leave: () => Promise<void>;
}

const secretName = 'shop-db';
const decode = (text = '') => Buffer.from(text, 'base64').toString('utf8');
const newPassword = () => randomBytes(24).toString('base64url');

/** Opens it, and waits until each pod asks. What an earlier one has left in the namespace is cleared away first. */
export async function openOrdersShop(options: OrdersShopOptions): Promise<OrdersShop> {
  const { stackName, kubeConfigFile, namespace, say } = options;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeConfigFile);
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const superuser = { user: 'postgres', password: options.adminPassword ?? newPassword() };
  const first = { user: 'shop_a', password: options.password ?? newPassword() };
  await clear(api, namespace);
  const place = { stackName, kubeConfig, namespace, password: superuser.password, say };
  const address = await startPostgresPod(place);
  const database = openDatabase(address, superuser);
  await prepare(database.sql, first);
  await deploy(kubeConfig, address, first, options);
  const counter = countQueries(kubeConfig, namespace);
  const next = `kubectl -n ${namespace} get pods`;
  const asking = { what: `${options.replicas} pods that ask`, seconds: 90, next };
  await waitFor(asking, () => Promise.resolve(counter.pods() === options.replicas));
  return {
    ...{ namespace, address, ...database },
    admin: `postgres://postgres:${encodeURIComponent(superuser.password)}@${address}:5432/postgres`,
    counts: counter.counts,
    async readSecret() {
      const { data } = await api.read<V1Secret>(headerOf('v1', 'Secret', secretName, namespace));
      return { user: decode(data?.['username']), password: decode(data?.['password']) };
    },
    async close() {
      await counter.stop();
      await api.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    },
    leave: () => counter.stop(),
  };
}

function headerOf(apiVersion: string, kind: string, name: string, namespace: string) {
  return { apiVersion, kind, metadata: { name, namespace } };
}

/** Takes away what an earlier shop of this namespace was made of, with its pods. */
async function clear(api: KubernetesObjectApi, namespace: string): Promise<void> {
  const secrets = ['postgres', secretName, `${secretName}-rotation`];
  const left = [
    headerOf('apps/v1', 'Deployment', 'orders', namespace),
    headerOf('apps/v1', 'StatefulSet', 'postgres', namespace),
    ...secrets.map((name) => headerOf('v1', 'Secret', name, namespace)),
  ];
  const unlessMissing = (error: unknown) => {
    if (error instanceof ApiException && error.code === 404) return true;
    throw error;
  };
  // Foreground: the object is there until its pods are gone.
  for (const object of left)
    await api.delete(object, undefined, undefined, undefined, undefined, 'Foreground').catch(unlessMissing);
  for (const object of left) {
    const { name } = object.metadata;
    const gone = { what: `${object.kind} ${name} of an earlier shop gone`, seconds: 60, next: 'kubectl get' };
    await waitFor(gone, () => api.read(object).then(() => false, unlessMissing));
  }
}

function openDatabase(host: string, superuser: Login): Pick<OrdersShop, 'sql' | 'connect'> {
  const connect = async (as: Login, application: string) => {
    const timeouts = { connectionTimeoutMillis: 10_000, query_timeout: 30_000 };
    const client = new pg.Client({ host, database: 'postgres', ...as, ...timeouts, application_name: application });
    // Whoever retires its user ends it.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return {
    connect,
    async sql(text, as = superuser) {
      const client = await connect(as, 'shop');
      try {
        return (await client.query<Record<string, unknown>>(text)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

async function prepare(sql: OrdersShop['sql'], { user, password }: Login): Promise<void> {
  await sql(`
    create role shop_owner nologin;
    create role ${user} login password ${pg.escapeLiteral(password)} in role shop_owner;
    alter role ${user} set role to shop_owner;
    create table orders (id bigint generated always as identity, what text, at timestamptz default now());
    alter table orders owner to shop_owner`);
}

async function deploy(
  kubeConfig: KubeConfig,
  address: string,
  { user, password }: Login,
  { stackName, namespace, replicas, queriesPerSecond, say }: OrdersShopOptions,
): Promise<void> {
  const secret = headerOf('v1', 'Secret', secretName, namespace);
  await createObject(kubeConfig, {
    ...secret,
    stringData: { username: user, password, host: address },
  } as KubernetesObject);
  await ensureImage(stackName, await ordersImage(say), say);
  const database = `${address}:5432/postgres`;
  const each = { replicas, queriesPerSecond: queriesPerSecond / replicas };
  for (const object of ordersManifests({ namespace, database, secret: secretName, ...each }))
    await createObject(kubeConfig, object);
}
