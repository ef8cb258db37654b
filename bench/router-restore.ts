import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, RunbookError } from '../core/errors.js';
import { startFaultyProxy, type Fault, type FaultyProxy } from '../stack/faults/faulty-proxy.js';
import { waitFor } from '../stack/wait.js';
import { KubernetesApi } from '../systems/kubernetes/api.js';
import { applyCanary, canaryTarget } from '../systems/kubernetes/canary.js';
import { readRollout } from '../systems/kubernetes/rollout.js';
import { createRouter, type Before, type Router, type RouterTarget } from '../systems/kubernetes/routers/router.js';
import type { BenchContext } from './bench.js';
import { openBenchShop } from './bench-shop.js';
import type { BenchResult } from './result.js';
import { percentile, round, spread } from './statistics.js';

/** Restores of each round, without faults and with them. */
const restoresPerRound = 20;

/** Share of the requests that go wrong in the second half of a round. */
const faultShare = 0.2;

/** What goes wrong, one after the other. Those that hang cost a request's whole patience, 10 s. */
const faults: Fault[] = [
  { done: false, answer: 503 },
  { done: true, answer: 'breaks off' },
  { done: true, answer: 504 },
  { done: false, answer: 'breaks off' },
  { done: false, answer: 502 },
  { done: true, answer: 'hangs' },
];

/** As workflows/steps.ts repeats a step. */
const retry = { firstMs: 500, factor: 2, longestMs: 15_000, withinMs: 600_000 };

interface Restore {
  seconds: number;
  confirmed: boolean;
  attempts: number;
  /** Changes of the route that the API server made: more than one would be a weight that was set twice. */
  changes: number;
}

/** Does something until it is done, as Temporal would; answers how many attempts that took, or undefined when it was given up. */
async function repeat(work: () => Promise<unknown>): Promise<number | undefined> {
  const end = Date.now() + retry.withinMs;
  let waitMs = retry.firstMs;
  for (let attempt = 1; Date.now() < end; attempt++) {
    try {
      await work();
      return attempt;
    } catch (error) {
      if (!(error instanceof RunbookError) || !errorTable[error.code].retry) throw error;
      await sleep(waitMs);
      waitMs = Math.min(waitMs * retry.factor, retry.longestMs);
    }
  }
  return undefined;
}

async function measureRestore(proxy: FaultyProxy, router: Router, before: Before, share: number): Promise<Restore> {
  await router.set(25);
  let fault = proxy.faults;
  proxy.changes.length = 0;
  proxy.schedule = () => (Math.random() < share ? faults[fault++ % faults.length] : undefined);
  const begin = performance.now();
  const attempts = await repeat(() => router.restore(before));
  const seconds = (performance.now() - begin) / 1000;
  proxy.schedule = () => undefined;
  const confirmed = attempts !== undefined && (await router.weight()) === 0;
  const changes = new Set(proxy.changes.map(({ resourceVersion }) => resourceVersion)).size;
  return { seconds, confirmed, attempts: attempts ?? 0, changes };
}

async function bringUpCanary(api: KubernetesApi, target: RouterTarget): Promise<void> {
  const release = { image: 'registry.local/storefront:1.5.0', repoints: [] };
  await applyCanary(api, target, release, { replicas: 1, run: 'bench', service: 'web' });
  const next = `kubectl -n ${target.namespace} get pods`;
  await waitFor({ what: 'a ready canary', seconds: 90, next }, async () => {
    return (await readRollout(api, canaryTarget(target))).state === 'done';
  });
}

function sumUp(plain: Restore[], faulty: Restore[], made: number): BenchResult {
  const seconds = (restores: Restore[]) => restores.map((each) => each.seconds);
  const confirmed = (restores: Restore[]) =>
    `${restores.filter((each) => each.confirmed).length} of ${restores.length}`;
  return {
    ours: percentile(seconds(plain), 0.95),
    peer: null,
    peerSource: 'Argo Rollouts sets the weight at its next reconcile and does not report when the router follows',
    unit: 's',
    runs: plain.length,
    figures: {
      secondsWithoutFaults: spread(seconds(plain), 2),
      confirmedWithoutFaults: confirmed(plain),
      confirmed: confirmed(faulty),
      p95SecondsUnderFaults: round(percentile(seconds(faulty), 0.95)),
      secondsUnderFaults: spread(seconds(faulty), 2),
      faultsMade: made,
      mostAttempts: Math.max(...faulty.map(({ attempts }) => attempts)),
      changedOtherThanOnce: [...plain, ...faulty].filter(({ changes }) => changes !== 1).length,
    },
    notes: [
      'ours is the 95th percentile from the verdict’s call to the gateway’s word that weight 0 is in force, without faults, by HTTPRoute',
      `under faults ${faultShare * 100} % of the requests to the API server go wrong: 5xx with and without the change made, lost answers, hanging`,
    ],
  };
}

/** How long a verdict takes to be a confirmed weight of 0, also while requests to the API server go wrong. */
export async function benchRouterRestore({ stack, options, say }: BenchContext): Promise<BenchResult> {
  const { KUBECONFIG } = stack.environment;
  const shop = { namespace: `bench-${process.pid}`, replicas: 2, errorRate: 0 };
  const closeShop = await openBenchShop(KUBECONFIG, shop);
  const proxy = await startFaultyProxy(KUBECONFIG);
  try {
    const api = new KubernetesApi(proxy.kubeConfig);
    const target = { namespace: shop.namespace, deployment: 'web', replicas: shop.replicas };
    await bringUpCanary(api, target);
    const router = createRouter(api, target, { by: 'httpRoute', httpRoute: 'web', service: 'web' });
    const before = await router.rehearse();
    const [plain, faulty]: [Restore[], Restore[]] = [[], []];
    for (let round = 1; round <= options.runs; round += 1) {
      for (let each = 0; each < restoresPerRound; each += 1) {
        plain.push(await measureRestore(proxy, router, before, 0));
        faulty.push(await measureRestore(proxy, router, before, faultShare));
      }
      say(
        `round ${round} of ${options.runs}: ${faulty.filter(({ confirmed }) => confirmed).length} confirmed under faults`,
      );
    }
    return sumUp(plain, faulty, proxy.faults);
  } finally {
    proxy.stop();
    await closeShop();
  }
}
