import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import pg from 'pg';
import { parseRunbook } from '../runbooks/index.js';
import type { Rotate } from '../runbooks/rotate.js';
import { startWorker } from '../stack/demo/worker.js';
import { openOrdersShop, type OrdersShop } from '../stack/orders/shop.js';
import { StackError } from '../stack/stack-error.js';
import { waitFor } from '../stack/wait.js';
import { KubernetesApi, resources } from '../systems/kubernetes/api.js';
import { readRollout } from '../systems/kubernetes/rollout.js';
import type { BenchContext } from './bench.js';
import { runToEnd } from './canary-runs.js';
import type { BenchResult } from './result.js';
import { median, round, spread } from './statistics.js';

const queriesPerSecond = 200;
const replicas = 4;
const adminToken = 'bench-orders-admin';

/** Counters are read four times a second, and pods that go tell theirs for three. */
const settleMs = 4000;

const ways = ['ours', 'ours, one user', 'peer'] as const;

/** One rotation under load. */
interface Cell extends Record<string, number | string> {
  way: (typeof ways)[number];
  run: number;
  failed: number;
  queries: number;
  seconds: number;
}

function rotationRunbook(namespace: string, users: string): Rotate {
  return parseRunbook(
    `kind: rotate
service: shop
credential: shop-db
environment: ${namespace}
provider: { kind: postgres, admin: ${adminToken}, ${users} }
store: { kind: kubernetesSecret, namespace: ${namespace}, name: shop-db }
consumers: [{ namespace: ${namespace}, deployment: orders, fingerprint: { path: /credential, port: 8080 } }]
grace: 5s`,
    'rotate.yaml',
  ) as Rotate;
}

async function rotate({ session }: BenchContext, runbook: Rotate): Promise<void> {
  const { outcome, rotation } = await runToEnd(session, runbook);
  if (outcome?.name === 'succeeded' && rotation?.provedAt !== undefined) return;
  throw new StackError(`rotation: expected it to end with a proof, found ${outcome?.name}: ${outcome?.message}`);
}

/** What people do: a new password, the Secret, `kubectl rollout restart`, `kubectl rollout status`. */
async function rotateAsUsual(shop: OrdersShop, api: KubernetesApi): Promise<void> {
  const { namespace } = shop;
  const { user } = await shop.readSecret();
  const password = randomBytes(24).toString('base64url');
  await shop.sql(`alter role ${pg.escapeIdentifier(user)} password ${pg.escapeLiteral(password)}`);
  await api.merge(resources.secrets, namespace, 'shop-db', { stringData: { password } });
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await api.merge(resources.deployments, namespace, 'orders', { spec: { template: { metadata: { annotations } } } });
  const next = `kubectl -n ${namespace} get pods`;
  await waitFor({ what: 'orders restarted', seconds: 180, next }, async () => {
    return (await readRollout(api, { namespace, deployment: 'orders' })).state === 'done';
  });
}

/** Whoever reads the Secret takes whatever is asked for. */
async function measure(shop: OrdersShop, way: Cell['way'], run: number, work: () => Promise<void>): Promise<Cell> {
  const before = shop.counts();
  const began = performance.now();
  await work();
  const seconds = round((performance.now() - began) / 1000, 1);
  await sleep(settleMs);
  const after = shop.counts();
  return { way, run, failed: after.failures - before.failures, queries: after.queries - before.queries, seconds };
}

function sumUp(cells: Cell[], runs: number): BenchResult {
  const of = (way: Cell['way'], what: 'failed' | 'queries' | 'seconds') =>
    cells.filter((cell) => cell.way === way).map((cell) => cell[what]);
  const figures = (['failed', 'seconds', 'queries'] as const).flatMap((what) =>
    ways.map((way) => [`${what}: ${way}`, spread(of(way, what), what === 'seconds' ? 1 : 0)] as const),
  );
  return {
    ours: median(of('ours', 'failed')),
    peer: median(of('peer', 'failed')),
    peerSource: 'measured in the same run, in turn: ALTER ROLE … PASSWORD, the Secret patched, kubectl rollout restart',
    unit: 'failed queries',
    runs,
    figures: Object.fromEntries(figures),
    cells,
    notes: [
      `${replicas} pods send ${queriesPerSecond} queries a second; their connections live for one second at the most, ` +
        'and a failed query is not tried again: with a pool that keeps connections the peer fails less',
      'ours lasts from its start to the proof, with 5 s of grace; the peer until all pods are new',
    ],
  };
}

/** How many queries fail while the password that they log in with is replaced. */
export async function benchRotation(context: BenchContext): Promise<BenchResult> {
  const { stack, options, say } = context;
  const { KUBECONFIG, RUNBOOK_TOKEN_DIRECTORY } = stack.environment;
  const namespace = `bench-${process.pid}`;
  const place = { stackName: stack.name, kubeConfigFile: KUBECONFIG, namespace };
  const shop = await openOrdersShop({ ...place, replicas, queriesPerSecond, say });
  const token = join(RUNBOOK_TOKEN_DIRECTORY, adminToken);
  await writeFile(token, `${shop.admin}\n`, { mode: 0o600 });
  const worker = await startWorker({ ...stack.environment }, join(stack.directory, 'bench-worker.log'));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(KUBECONFIG);
  const api = new KubernetesApi(kubeConfig);
  const work: Record<Cell['way'], () => Promise<void>> = {
    ours: () => rotate(context, rotationRunbook(namespace, 'users: [shop_a, shop_b], owner: shop_owner')),
    'ours, one user': async () =>
      rotate(context, rotationRunbook(namespace, `users: [${(await shop.readSecret()).user}]`)),
    peer: () => rotateAsUsual(shop, api),
  };
  try {
    const cells: Cell[] = [];
    for (let run = 1; run <= options.runs; run += 1)
      for (const way of ways) {
        const cell = await measure(shop, way, run, work[way]);
        cells.push(cell);
        say(`run ${run}, ${way}: ${cell.failed} of ${cell.queries} queries failed, ${cell.seconds} s`);
      }
    return sumUp(cells, options.runs);
  } finally {
    await worker.stop();
    await shop.close();
    await rm(token);
  }
}
