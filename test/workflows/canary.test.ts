import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { abortUpdate } from '../../workflows/messages.js';
import { canaryOf } from '../support/runbooks.js';
import { replayAll } from '../support/replay.js';
import { startRun } from '../support/runs.js';
import { openShopUnderLoad, type ShopUnderLoad } from '../support/shop-under-load.js';
import { failingAfter, plain, withWorkers, type Wrap } from '../support/workers.js';

jest.setTimeout(180_000);

let shop: ShopUnderLoad;

beforeAll(async () => {
  shop = await openShopUnderLoad('canary');
});

afterAll(() => shop.close());

test('a bad version is found by its errors and taken back; users see no more of it afterwards', async () => {
  const before = await shop.world.snapshot();

  const record = await withWorkers(plain, async () =>
    (await startRun(shop.client, canaryOf(shop.world.namespace, '1.6.0', [25, 50]))).end(),
  );

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'CanaryBad',
    message: expect.stringContaining('answers with 5xx'),
  });
  expect(record.measurements).toMatchObject({ verdict: 'bad' });
  expect(record.undone.map(({ name }) => name)).toEqual([
    'send all traffic to the stable version',
    'remove the canary',
  ]);
  expect(await shop.world.snapshot()).toEqual(before);
  const restored = new Date(record.measurements?.restoredAt ?? 0);
  expect(shop.load.between(restored, new Date()).byVersion['1.6.0']).toBeUndefined();
});

test('a slow version is found though it answers with success', async () => {
  const before = await shop.world.snapshot();

  const record = await withWorkers(plain, async () =>
    (await startRun(shop.client, canaryOf(shop.world.namespace, '1.7.0', [50]))).end(),
  );

  expect(record.outcome).toMatchObject({
    code: 'CanaryBad',
    message: expect.stringContaining('slower than the stable version'),
  });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('a canary whose metrics cannot be seen is neither good nor bad: it is held, then taken back', async () => {
  const before = await shop.world.snapshot();
  const blind = canaryOf(shop.world.namespace, '1.5.0', [25]);
  blind.judge.prometheus = 'http://127.0.0.1:47999';
  blind.judge.unseen.after = 3;

  const record = await withWorkers(plain, async () => (await startRun(shop.client, blind)).end());

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'CanaryUnseen',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(await shop.world.snapshot()).toEqual(before);
});

test('a pod that crashes at its start never gets traffic', async () => {
  const before = await shop.world.snapshot();

  const record = await withWorkers(plain, async () =>
    (await startRun(shop.client, canaryOf(shop.world.namespace, '1.8.0', [25]))).end(),
  );

  expect(record.outcome?.message).toContain('CrashLoopBackOff');
  expect(await shop.world.snapshot()).toEqual(before);
});

test('an abort takes everything back at once', async () => {
  const before = await shop.world.snapshot();

  const record = await withWorkers(plain, async () => {
    const run = await startRun(shop.client, canaryOf(shop.world.namespace, '1.5.0', [5]));
    await run.until('traffic on the canary', ({ steps }) => steps.some(({ name }) => name.startsWith('compare')));
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob', comment: 'wrong version' }] });
    return run.end();
  });

  expect(record.outcome).toMatchObject({
    name: 'undone',
    code: 'Aborted',
    message: expect.stringContaining('bob: wrong version'),
  });
  expect(await shop.world.snapshot()).toEqual(before);
});

describe('undoes everything when a step fails', () => {
  test.each([
    'createConfigMaps',
    'bringUpCanary',
    'setTraffic',
    'watchCanary',
    'setRelease',
    'watchRollout',
    'endTraffic',
    'takeDownCanary',
    'smokeTest',
    'confirmRelease',
  ])('%s', async (name) => {
    const before = await shop.world.snapshot();

    const record = await withWorkers(failingAfter(name), async () =>
      (await startRun(shop.client, canaryOf(shop.world.namespace, '1.5.0', [50]))).end(),
    );

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'RolloutFailed' });
    expect(await shop.world.snapshot()).toEqual(before);
  });
});

test('a good version goes out step by step without a failed request, each step made twice', async () => {
  const twice: Wrap = (name, activity) => async (input) => {
    // A comparison that is made twice would wait twice; it changes nothing in the cluster.
    if (name !== 'watchCanary') await activity(input);
    return activity(input);
  };
  const from = new Date();
  const before = await shop.world.generations();

  const record = await withWorkers(twice, async () =>
    (await startRun(shop.client, canaryOf(shop.world.namespace, '1.5.0', [25, 100]))).end(),
  );

  expect(record.outcome?.name).toBe('succeeded');
  expect((await shop.world.generations()).generation).toBe(before.generation + 1);
  expect(shop.load.failuresSince(from)).toEqual([]);
});

describe('by the ratio of pods, without a router', () => {
  const replicas = '{ by: replicas }';

  test('a bad version is taken back', async () => {
    const before = await shop.world.snapshot();

    const record = await withWorkers(plain, async () =>
      (await startRun(shop.client, canaryOf(shop.world.namespace, '1.6.0', [50], replicas))).end(),
    );

    expect(record.outcome).toMatchObject({ name: 'undone', code: 'CanaryBad' });
    expect(await shop.world.snapshot()).toEqual(before);
  });

  test('a good version goes out without a failed request', async () => {
    const from = new Date();

    const record = await withWorkers(plain, async () =>
      (await startRun(shop.client, canaryOf(shop.world.namespace, '1.4.0', [50, 100], replicas))).end(),
    );

    expect(record.outcome?.name).toBe('succeeded');
    expect(shop.load.between(from, new Date()).failed).toBe(0);
  });
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(shop.client, shop.world.namespace)).toEqual([]);
});
