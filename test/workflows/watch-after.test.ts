import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { runbooksQueue } from '../../core/names.js';
import { emptyObservation } from '../../activities/looking.js';
import { resources } from '../../systems/kubernetes/api.js';
import type { Pod } from '../../systems/kubernetes/objects.js';
import { runningPods } from '../../systems/kubernetes/pod-metrics.js';
import type { WatchAfterInput, WatchAfterResult } from '../../workflows/watch-after.js';
import { startMetricsProxy, type MetricsProxy } from '../support/metrics-proxy.js';
import { replayAll } from '../support/replay.js';
import { canaryOf } from '../support/runbooks.js';
import { startRun } from '../support/runs.js';
import { setting } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(180_000);

const name = 'watch after the last step';

let shop: ShopUnderLoad;
let metrics: MetricsProxy;

beforeAll(async () => {
  shop = await openShopUnderLoad('watchafter');
  metrics = await startMetricsProxy(setting('PROMETHEUS_URL'));
});

afterAll(async () => {
  await metrics.close();
  await shop.close();
});

function watched(tag: string, seconds: number) {
  const runbook = canaryOf(shop.world.namespace, tag, [100]);
  runbook.judge.prometheus = metrics.url;
  return { ...runbook, watchAfter: { for: seconds, every: 1 } };
}

/** Lets the pods of a Deployment fail this share of their requests from now on. */
async function spoil(deployment: string, share: number): Promise<void> {
  const pods = await runningPods(shop.world.api, shop.world.namespace, deployment);
  for (const { address } of pods) {
    const response = await fetch(`http://${address}:8080/admin/error-rate?value=${share}`, { method: 'POST' });
    expect(response.status).toBe(200);
  }
}

const podsOf = async (version: string) =>
  (await shop.world.api.list<Pod>(resources.pods, shop.world.namespace))
    .filter(({ spec }) => spec.containers[0]?.image.endsWith(version))
    .map(({ metadata }) => metadata.name)
    .sort();

test('a version that turns bad after the last step is found, and all traffic is back at once at pods that were up all the while', async () => {
  const before = await shop.world.snapshot();
  const stable = await podsOf('1.4.0');

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, watched('1.5.0', 600));
    await run.until('the watch', ({ steps }) => steps.at(-1)?.name === name);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await run.record()).steps.at(-1)).toMatchObject({ name, state: 'running' });
    await spoil('web-canary', 0.3);
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad', message: expect.stringContaining('5xx') });
  expect(record.undone.map((step) => step.name)).toEqual([
    'send all traffic to the stable version',
    'remove the canary',
  ]);
  expect(await podsOf('1.4.0')).toEqual(stable);
  expect(await shop.world.snapshot()).toEqual(before);
  const restored = Date.parse(record.measurements?.restoredAt ?? '');
  expect(shop.load.between(restored, Date.now()).byVersion['1.5.0']).toBeUndefined();
});

test('a watch that can no longer see, though its time is over, ends as the runbook says of the unseen', async () => {
  const before = await shop.world.snapshot();
  const runbook = watched('1.5.0', 4);
  runbook.judge.unseen = { after: 10, then: 'rollback' };

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, runbook);
    await run.until('the watch', ({ steps }) => steps.at(-1)?.name === name);
    metrics.trouble = 'failing';
    return run.end();
  });
  metrics.trouble = undefined;

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'CanaryUnseen',
    message: expect.stringContaining('cannot see: prometheus'),
  });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('C01: of several checks one that fails during the watch is enough', async () => {
  const before = await shop.world.snapshot();
  const runbook = watched('1.5.0', 300);
  const posts = 'sum(http_requests_total{method="POST",pod=~"{{pods}}"}) or vector(0)';
  const build = 'sum(storefront_build_info{pod=~"{{pods}}"})';
  runbook.judge.checks = [
    { name: 'posts', query: posts, below: 1, worse: 'higher', by: 0.1 },
    { name: 'builds', query: build, above: 0, worse: 'higher', by: 0.1 },
  ];

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, runbook);
    await run.until('the watch', ({ steps }) => steps.at(-1)?.name === name);
    const [pod] = await runningPods(shop.world.api, shop.world.namespace, 'web-canary');
    await fetch(`http://${pod?.address}:8080/`, { method: 'POST' });
    return run.end();
  });

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'CanaryBad',
    message: expect.stringContaining('posts: 1'),
  });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('a good one ends good, and is released', async () => {
  const from = Date.now();

  const record = await withWorkers(plain, async () => (await startRun(shop.client, watched('1.5.0', 10))).end());

  expect(record.outcome?.name).toBe('succeeded');
  expect(record.steps.find((step) => step.name === name)).toMatchObject({
    state: 'done',
    result: expect.stringMatching(/^good: ([3-9]|1\d) looks/),
  });
  expect(shop.load.between(from, Date.now()).failed).toBe(0);
});

test('a watch of days goes on in a new history with all that it knows', async () => {
  const seen: Array<number | undefined> = [];
  const counting: Wrap = (activity, inner) => (input) => {
    if (activity !== 'lookOnce') return inner(input);
    // Each look hands its number on, as the evidence is handed on.
    const { carried } = input as unknown as { carried?: { readUntilSeconds?: number } };
    seen.push(carried?.readUntilSeconds);
    return Promise.resolve({
      carried: { ...emptyObservation, readUntilSeconds: (carried?.readUntilSeconds ?? 0) + 1 },
    });
  };
  const { judge } = canaryOf(shop.world.namespace, '1.5.0', [50]);
  const sight = { target: { namespace: shop.world.namespace, deployment: 'web' }, replicaSet: 'web-canary-1', judge };
  const input: WatchAfterInput = { sight, seconds: 8, everySeconds: 1, looks: 298 };
  const workflowId = `deploy/${shop.world.namespace}/watch`;

  const { handle, result } = await withWorkers(counting, async () => {
    const started = await shop.client.workflow.start('watchAfter', {
      workflowId,
      taskQueue: runbooksQueue,
      args: [input],
    });
    return { handle: started, result: (await started.result()) as WatchAfterResult };
  });

  expect(seen.slice(0, 3)).toEqual([undefined, 1, 2]);
  expect(result.reason).toMatch(/^30[1-7] looks/);
  const first = await shop.client.workflow.getHandle(workflowId, handle.firstExecutionRunId).fetchHistory();
  const events = first.events ?? [];
  expect(events.filter((event) => event.activityTaskCompletedEventAttributes)).toHaveLength(2);
  expect(events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.workflowType?.name).toBe('watchAfter');
  // A look costs eleven events; a workflow task that a busy worker has missed costs two more.
  expect(events.length).toBeLessThanOrEqual(4 + 2 * 11 + 1 + 4);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});
