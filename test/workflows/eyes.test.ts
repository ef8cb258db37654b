import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { decideSignal } from '../../workflows/messages.js';
import { startMetricsProxy, type MetricsProxy, type Trouble } from '../support/metrics-proxy.js';
import { canaryOf } from '../support/runbooks.js';
import { replayAll } from '../support/replay.js';
import { startRun, type StartedRun } from '../support/runs.js';
import { setting } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { plain, withWorkers } from '../support/workers.js';

const outageSeconds = Number(process.env['TEST_OUTAGE_SECONDS'] ?? 15);
jest.setTimeout((180 + 4 * outageSeconds) * 1000);

let shop: ShopUnderLoad;
let metrics: MetricsProxy;

beforeAll(async () => {
  shop = await openShopUnderLoad('eyes');
  metrics = await startMetricsProxy(setting('PROMETHEUS_URL'));
});

afterEach(() => {
  metrics.trouble = undefined;
});

afterAll(async () => {
  await metrics.close();
  await shop.close();
});

/** Breaks the metrics in the middle of a comparison, for a while. */
async function breakMetrics(run: StartedRun, kinds: Trouble[]): Promise<void> {
  await run.until('a comparison', ({ steps }) => steps.at(-1)?.name.startsWith('compare') === true);
  await sleep(500);
  for (const trouble of kinds) {
    metrics.trouble = trouble;
    await sleep((outageSeconds / kinds.length) * 1000);
  }
  metrics.trouble = undefined;
}

function watchedThroughProxy(tag: string) {
  const runbook = canaryOf(shop.world.namespace, tag, [25]);
  runbook.judge.prometheus = metrics.url;
  runbook.judge.unseen.after = outageSeconds + 60;
  // Long enough for the outage to begin while the comparison lasts.
  runbook.steps = runbook.steps.map((step) => ({ ...step, atLeast: 3 }));
  return runbook;
}

test('by the pods themselves, without Prometheus, a bad version is found and taken back', async () => {
  const before = await shop.world.snapshot();
  const runbook = canaryOf(shop.world.namespace, '1.6.0', [25]);
  delete runbook.judge.prometheus;
  runbook.judge.pods = { port: 8080, path: '/metrics', every: 1, reach: 'proxy' };

  const record = await withWorkers(plain, async () => (await startRun(shop.client, runbook)).end());

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad', message: expect.stringContaining('5xx') });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('F21: a version that is only slow is found by the pods themselves, at their addresses', async () => {
  const runbook = canaryOf(shop.world.namespace, '1.7.0', [50]);
  runbook.judge.pods = { port: 8080, path: '/metrics', every: 1, reach: 'address' };

  const record = await withWorkers(plain, async () => (await startRun(shop.client, runbook)).end());

  expect(record.outcome?.message).toContain('slower than the stable version');
});

test('an outage of the metrics in the middle of a good canary ends in a promotion; the weight was held meanwhile', async () => {
  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, watchedThroughProxy('1.5.0'));
    await breakMetrics(run, ['refused', 'hanging', 'failing', 'empty']);
    const { steps } = await run.record();
    expect(steps.at(-1)).toMatchObject({ name: 'compare at 25 %', state: 'running' });
    return run.end();
  });

  expect(metrics.lost).toBeGreaterThan(5);
  expect(record.outcome?.name).toBe('succeeded');
});

test('the same outage in a bad canary never promotes it', async () => {
  const before = await shop.world.snapshot();
  // Bad in a way that takes longer to see than the outage takes to begin.
  const runbook = watchedThroughProxy('1.6.0');
  metrics.trouble = 'empty';

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, {
      ...runbook,
      judge: { ...runbook.judge, unseen: { after: 120, then: 'hold' } },
    });
    // Whoever cannot see never lets users in: the metrics come back for the first look only.
    metrics.trouble = undefined;
    await breakMetrics(run, ['failing']);
    return run.end();
  });

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad' });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('C02: what cannot be told good from bad is asked about where the runbook says so: neither aborted nor promoted', async () => {
  const runbook = canaryOf(shop.world.namespace, '1.4.0', [25]);
  runbook.judge.checks = [
    { name: 'queue depth', query: 'no_such_metric{pod=~"{{pods}}"}', below: 1, worse: 'higher', by: 0.1 },
  ];
  // Prometheus takes some seconds to find a new pod: that it is seen at all is awaited as long.
  runbook.judge.unseen = { after: 12, then: 'ask' };

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, runbook);
    const asking = await run.until('the question', ({ phase }) => phase === 'asking');
    expect(asking.steps.at(-1)).toMatchObject({ name: 'compare at 25 %', state: 'asking' });
    expect(asking.steps.at(-1)?.result).toContain('queue depth: no value');
    // As a person sends it from the Temporal UI: whatever else they type changes nothing.
    await run.handle.signal(decideSignal, { by: 'bob', action: 'explode' });
    await run.handle.signal(decideSignal, { by: 'bob', action: 'skip', comment: 'seen by hand' });
    return run.end();
  });

  expect(record.steps.find(({ state }) => state === 'skipped')?.result).toBe('bob: skip (seen by hand)');
  expect(record.outcome?.name).toBe('succeeded');
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});
