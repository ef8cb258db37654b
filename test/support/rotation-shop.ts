import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OrdersShop, openOrdersShop } from '../../stack/orders/shop.js';
import { Rotate } from '../../runbooks/rotate.js';
import { resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import type { ConfigMap } from '../../systems/kubernetes/objects.js';
import { setting } from './settings.js';

/** Known passwords, of a shape that nothing else has: what the tests look for where none may be. */
export const firstPassword = 'PLANTED-first-9c51d2e07f3a';

/** A shop of its own for one test file: PostgreSQL, a credential of it in a Secret, and a Deployment that lives on it. */
export interface RotationShop extends Omit<OrdersShop, 'admin' | 'leave'> {
  api: KubernetesApi;
  /** Of its runs. */
  environment: string;
  tokens: string;
  runbook(change?: object): Rotate;
  /** The same in a file, with an environment that has no gate. */
  runbookFile: string;
  /** What the store keeps beside it. */
  readAside(): Promise<Record<string, unknown>>;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const decode = (text = '') => Buffer.from(text, 'base64').toString('utf8');

/** Starts it; the worker's tokens are in a folder of its own. */
export async function openRotationShop(
  name: string,
  { adminPassword = 'password-of-the-tests', fingerprintKey = 'k'.repeat(40) } = {},
): Promise<RotationShop> {
  const environment = `${name}-${process.pid}`;
  const api = connectKubernetes();
  const {
    admin,
    leave: _,
    ...shop
  } = await openOrdersShop({
    stackName: process.env['STACK_NAME'] ?? 'default',
    kubeConfigFile: setting('KUBECONFIG'),
    namespace: `${environment}-${Date.now() % 100_000}`,
    replicas: 2,
    queriesPerSecond: 50,
    adminPassword,
    password: firstPassword,
    say,
  });
  const { namespace } = shop;
  const tokens = await mkdtemp(join(tmpdir(), 'rotation-'));
  await writeFile(join(tokens, 'admin'), `${admin}\n`);
  await writeFile(join(tokens, 'fingerprint-key'), `${fingerprintKey}\n`);
  process.env['RUNBOOK_TOKEN_DIRECTORY'] = tokens;
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
    ...shop,
    ...{ api, environment, tokens, runbookFile },
    runbook: (change = {}) => Rotate.parse({ ...written, ...change }),
    async readAside() {
      const { data } = await api.read<ConfigMap>(resources.secrets, namespace, 'shop-db-rotation');
      return JSON.parse(decode(data?.['state'])) as Record<string, unknown>;
    },
    async close() {
      delete process.env['RUNBOOK_TOKEN_DIRECTORY'];
      await shop.close();
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
