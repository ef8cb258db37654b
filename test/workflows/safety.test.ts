import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { resources } from '../../systems/kubernetes/api.js';
import { scale } from '../../systems/kubernetes/canary.js';
import { abortUpdate } from '../../workflows/messages.js';
import { startHttpServer } from '../support/http-server.js';
import { observe, observing } from '../support/observed.js';
import { replayAll } from '../support/replay.js';
import { canaryOf, deployOf } from '../support/runbooks.js';
import { startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

const image = (tag: string) => `registry.local/storefront:${tag}`;

let shop: ShopUnderLoad;

beforeAll(async () => {
  shop = await openShopUnderLoad('safety');
});

afterAll(() => shop.close());

test('C10, C17, F22: a version that crashes, then one that does not exist, by a deploy without analysis: the stable pods are never fewer', async () => {
  const before = await shop.world.snapshot();
  const from = Date.now();

  const { result: records, moments } = await observing(shop.world, () =>
    withWorkers(plain, async () => {
      const crashing = await (await startRun(shop.client, deployOf(shop.world.namespace, '1.8.0'))).end();
      return [crashing, await (await startRun(shop.client, deployOf(shop.world.namespace, '9.9.9'))).end()];
    }),
  );

  expect(records.map(({ outcome }) => [outcome?.name, outcome?.code])).toEqual([
    ['undone', 'RolloutFailed'],
    ['undone', 'RolloutFailed'],
  ]);
  expect(records[0]?.outcome?.message).toContain('CrashLoopBackOff');
  expect(records[1]?.outcome?.message).toMatch(/Err(ImagePull|ImageNeverPull)|ImagePullBackOff/);
  expect(records.flatMap(({ steps }) => steps).some(({ name }) => name.startsWith('compare'))).toBe(false);
  expect(moments.some(({ images }) => images.includes(image('1.8.0')))).toBe(true);
  expect(Math.min(...moments.map(({ available }) => available.web))).toBe(2);
  expect(shop.load.failuresSince(from)).toEqual([]);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('C12, C13: by the ratio of pods, a climb that is aborted: at no moment are fewer pods available than the service needs', async () => {
  const before = await shop.world.snapshot();
  const from = Date.now();
  const runbook = canaryOf(shop.world.namespace, '1.5.0', [50, 100], '{ by: replicas }');
  runbook.steps = runbook.steps.map((step) => (step.weight === 100 ? { ...step, atLeast: 600 } : step));

  const { result: record, moments } = await observing(shop.world, () =>
    withWorkers(plain, async () => {
      const run = await startRun(shop.client, runbook);
      await run.until('all pods new', ({ steps }) => steps.at(-1)?.name === 'compare at 100 %', 90);
      await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob' }] });
      return run.end();
    }),
  );

  expect(record.outcome).toMatchObject({ name: 'undone', code: 'Aborted' });
  expect(moments.some(({ available }) => available.web === 0 && available.canary === 2)).toBe(true);
  expect(Math.min(...moments.map(({ available: { web, canary } }) => web + canary))).toBe(2);
  expect(shop.load.between(from, Date.now()).failed).toBe(0);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('C19: after an aborted canary the service is scaled down: the route still sends everything to the stable version', async () => {
  const target = { namespace: shop.world.namespace, deployment: 'web' };
  await withWorkers(plain, async () => {
    const run = await startRun(shop.client, { ...canaryOf(shop.world.namespace, '1.5.0', [50]) });
    await run.until('traffic on the canary', ({ steps }) => steps.at(-1)?.name.startsWith('compare') === true);
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob' }] });
    return run.end();
  });
  const from = Date.now();

  await scale(shop.world.api, target, 1);
  await eventually(
    'one pod',
    60,
    async () => (await observe(shop.world.api, shop.world.namespace)).available.web === 1,
  );

  expect(await observe(shop.world.api, shop.world.namespace)).toEqual({
    weight: 0,
    available: { web: 1, canary: 0 },
    images: [image('1.4.0')],
  });
  await scale(shop.world.api, target, 2);
  await eventually(
    'two pods',
    60,
    async () => (await observe(shop.world.api, shop.world.namespace)).available.web === 2,
  );
  expect(Object.keys(shop.load.between(from, Date.now()).byVersion)).toEqual(['1.4.0']);
});

test('C16, C18: a smoke test that hangs is tried a bounded number of times, then the release is taken back', async () => {
  const before = await shop.world.snapshot();
  const asked: number[] = [];
  const hanging = await startHttpServer(() => void asked.push(Date.now()));
  const runbook = deployOf(shop.world.namespace, '1.5.0');
  runbook.smoke = [{ url: `${hanging.url}/`, headers: {}, status: 200, within: 1, patience: 12 }];

  const record = await withWorkers(plain, async () => (await startRun(shop.client, runbook)).end());
  await hanging.close();

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'SmokeTestFailed',
    message: expect.stringContaining('for 12 s'),
  });
  // Within its patience, each given its time and followed by a pause: no busy loop, and not for ever.
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.length).toBeLessThan(12);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('F23: proven good, then the stable version’s own pods cannot start: users stay with the canary until the old pods are back', async () => {
  const { namespace } = shop.world;
  await shop.world.api.merge(resources.deployments, namespace, 'web', {
    spec: { strategy: { type: 'Recreate', rollingUpdate: null } },
  });
  const before = await shop.world.snapshot();
  const from = Date.now();
  const runbook = canaryOf(namespace, '1.5.0', [100]);
  runbook.rollout.timeout = 15;
  runbook.steps = runbook.steps.map((step) => ({ ...step, atLeast: 4 }));
  const quota = { group: 'core', plural: 'resourcequotas' } as const;

  const { result: record, moments } = await observing(shop.world, () =>
    withWorkers(plain, async () => {
      const run = await startRun(shop.client, runbook);
      await run.until('the comparison', ({ steps }) => steps.at(-1)?.name === 'compare at 100 %', 90);
      const metadata = { namespace, name: 'full' };
      await shop.world.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata,
        spec: { hard: { pods: '2' } },
      } as object);
      await run.until('the way back', ({ phase }) => phase === 'undoing', 90);
      // Longer than any rung of the ladder is waited for.
      await new Promise((resolve) => setTimeout(resolve, 20_000));
      expect(await observe(shop.world.api, namespace)).toEqual({
        weight: 100,
        available: { web: 0, canary: 2 },
        images: [image('1.5.0')],
      });
      await shop.world.api.remove(quota, namespace, 'full', 'Background');
      return run.end();
    }),
  );

  // That the old pods are back was not confirmed in time, and so it is told; what followed has waited for them.
  expect(record.outcome).toMatchObject({ name: 'notUndone', message: expect.stringContaining('exceeded quota') });
  expect(record.undone.filter(({ error }) => error !== undefined).map(({ name }) => name)).toEqual([
    'put image and references back',
  ]);
  const held = moments.filter(({ weight, available }) => weight === 100 && available.web === 0);
  expect(held.length).toBeGreaterThan(10);
  expect(Math.min(...held.map(({ available }) => available.canary))).toBe(2);
  expect(shop.load.between(from, Date.now()).failed).toBe(0);
  expect(await shop.world.snapshot()).toEqual(before);
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});
