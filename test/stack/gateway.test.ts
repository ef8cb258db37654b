import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad, type Load } from '../../stack/load/index.js';
import { eventually, setting } from '../support/settings.js';
import { ShopCluster } from './shop-cluster.js';

let shop: ShopCluster;

beforeAll(async () => {
  shop = new ShopCluster(setting('KUBECONFIG'), `gateway-${process.pid}`);
  await shop.create();
}, 300_000);

afterAll(async () => {
  await shop.remove();
}, 60_000);

test('weights of 75 and 25 split real requests within the bounds of chance', async () => {
  await shop.shiftTo(75, 25);
  const load = underLoad(100);

  await sleep(8000);
  const { byBackend, failed, answered } = await load.stop();

  // Five standard deviations: one false alarm in two million runs.
  const slack = 5 * Math.sqrt(answered * 0.75 * 0.25);
  expect(failed).toBe(0);
  expect(answered).toBeGreaterThan(700);
  expect(Math.abs((byBackend['web-canary'] ?? 0) - answered * 0.25)).toBeLessThan(slack);
}, 60_000);

test('not one request reaches a backend after the gateway has said that its weight of 0 is in force', async () => {
  const load = underLoad(100);

  for (let round = 0; round < 10; round += 1) {
    await shop.shiftTo(50, 50);
    await sleep(300);
    const inForceAt = await shop.shiftTo(100, 0);
    const answersSince = () => load.between(inForceAt, Date.now());
    await eventually('answers after it is in force', 20, () => Promise.resolve(answersSince().answered > 10));

    expect(answersSince().byBackend['web-canary']).toBeUndefined();
  }
  const summary = await load.stop();

  expect(summary.byBackend['web-canary']).toBeGreaterThan(100);
  expect(summary.errors).toEqual({});
  expect(summary.failed).toBe(0);
}, 60_000);

test('a slow answer that is under way when the weight changes is not cut off', async () => {
  await shop.setImage('web-canary', 'registry.local/storefront:1.7.0');
  await shop.waitForRollout('web-canary');
  await shop.shiftTo(0, 100);
  const load = underLoad(50);

  await sleep(2000);
  const inForceAt = await shop.shiftTo(100, 0);
  await sleep(2000);
  const summary = await load.stop();

  expect(summary.byVersion['1.7.0']?.answered).toBeGreaterThan(50);
  expect(summary.failed).toBe(0);
  expect(load.between(inForceAt, Date.now()).byVersion['1.7.0']).toBeUndefined();
}, 60_000);

test('a pod that is deleted under load loses no request', async () => {
  const load = underLoad(30);

  await sleep(1000);
  await shop.deleteOnePod();
  await sleep(9000);
  const summary = await load.stop();

  expect(summary.answered).toBeGreaterThan(250);
  expect(summary.failed).toBe(0);
}, 60_000);

test('a rolling update under load loses no request', async () => {
  await shop.waitForRollout('web');
  const load = underLoad(30);

  await shop.setImage('web', 'registry.local/storefront:1.5.0');
  await shop.waitForRollout('web');
  await sleep(5000);
  const summary = await load.stop();

  expect(summary.byVersion['1.4.0']?.answered).toBeGreaterThan(0);
  expect(summary.byVersion['1.5.0']?.answered).toBeGreaterThan(0);
  expect(summary.failed).toBe(0);
}, 90_000);

function underLoad(requestsPerSecond: number): Load {
  return startLoad({
    url: setting('GATEWAY_URL'),
    host: `web.${shop.namespace}.local`,
    requestsPerSecond,
    maximumSeconds: 90,
  });
}
