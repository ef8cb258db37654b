import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { startLoad } from '../../../../stack/load/index.js';
import { resources } from '../../../../systems/kubernetes/api.js';
import type { Service } from '../../../../systems/kubernetes/objects.js';
import type { Router } from '../../../../systems/kubernetes/routers/router.js';
import { readSelector, switchSelector } from '../../../../systems/kubernetes/routers/service-selector.js';
import { setting } from '../../../support/settings.js';
import { bringUp, openRoutedShop, takeDown, type RoutedShop } from './routed-shop.js';

jest.setTimeout(180_000);

let shop: RoutedShop;

beforeAll(async () => {
  shop = await openRoutedShop('requests');
});

afterEach(() => takeDown(shop));

afterAll(() => shop.tearDown());

/** The version that answered one request on a connection of its own: kube-proxy shares out connections, not requests. */
function askService(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${address}/version`, { agent: false, timeout: 5000 }, (answer) => {
      answer.resume();
      answer.on('error', reject);
      answer.on('end', () => resolve(answer.statusCode === 200 ? String(answer.headers['x-version']) : 'failed'));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 5 s')));
    sent.on('error', reject);
    sent.end();
  });
}

interface Asking {
  /** How many answers each version gave since the last time; a failed request counts as "failed". */
  takeCounts(): Record<string, number>;
  stop(): Promise<void>;
}

/** Asks the Service without a pause, four at a time, until it is stopped. */
function keepAsking(address: string): Asking {
  let counts: Record<string, number> = {};
  let going = true;
  const ask = async () => {
    while (going) {
      const version = await askService(address).catch(() => 'failed');
      counts[version] = (counts[version] ?? 0) + 1;
    }
  };
  const asking = [ask(), ask(), ask(), ask()];
  return {
    takeCounts: () => [counts, (counts = {})][0] as Record<string, number>,
    async stop() {
      going = false;
      await Promise.all(asking);
    },
  };
}

/** Five standard deviations of a share in so many answers: one false alarm in two million. */
function slack(answers: number, share: number): number {
  return 5 * Math.sqrt(answers * share * (1 - share));
}

function expectShare(counts: Record<string, number>, version: string, share: number): void {
  const answers = Object.values(counts).reduce((sum, count) => sum + count, 0);
  expect(counts['failed'] ?? 0).toBe(0);
  expect(answers).toBeGreaterThan(300);
  expect(Math.abs((counts[version] ?? 0) - answers * share)).toBeLessThanOrEqual(slack(answers, share));
}

async function addressOf(name: string): Promise<string> {
  const { spec } = await shop.world.api.read<Service>(resources.services, shop.world.namespace, name);
  return spec.clusterIP ?? '';
}

test('the weights of an HTTPRoute are the shares of real requests, and no request fails while they move', async () => {
  await bringUp(shop, 1, 'web');
  const router: Router = shop.router({ by: 'httpRoute', httpRoute: 'web', service: 'web' });
  const before = await router.rehearse();
  const url = `${setting('GATEWAY_URL')}/`;
  const load = startLoad({ url, host: `web.${shop.world.namespace}.local`, requestsPerSecond: 100 });

  for (const percent of [25, 100]) {
    await router.set(percent);
    const from = Date.now();
    await sleep(4000);
    const { byVersion } = load.between(from, Date.now());
    const counts = Object.fromEntries(Object.entries(byVersion).map(([version, { answered }]) => [version, answered]));
    expectShare(counts, '1.5.0', percent / 100);
  }
  await router.restore(before);
  const restored = Date.now();
  await sleep(500);
  const summary = await load.stop();

  expect(load.between(restored, Date.now()).byVersion['1.5.0']).toBeUndefined();
  expect(summary).toMatchObject({ failed: 0, errors: {} });
});

test('the ratio of pods is the share of real connections to a plain Service, and none fails while it moves', async () => {
  await bringUp(shop, 1);
  const router = shop.router({ by: 'replicas' });
  const asking = keepAsking(await addressOf('web'));

  const said = await router.set(50);
  // The node follows the pods' readiness within moments, and does not say when.
  await sleep(2500);
  const moving = asking.takeCounts();
  await sleep(3000);
  const halved = asking.takeCounts();
  await router.restore({});
  await sleep(2500);
  const back = asking.takeCounts();
  await sleep(1000);
  await asking.stop();

  expect(said).toBe('50 % in force: 1 of 2 pods');
  expectShare(halved, '1.5.0', 0.5);
  expect([moving['failed'], back['failed']]).toEqual([undefined, undefined]);
  expect(Object.keys(asking.takeCounts())).toEqual(['1.4.0']);
});

test('a Service that is switched sends to the other version only, and back; no request fails', async () => {
  const { world, api } = shop;
  await bringUp(shop, 2, 'web');
  const service = { namespace: world.namespace, service: 'web' };
  const blue = await readSelector(api, service);
  const green = await readSelector(api, { ...service, service: 'web-canary' });
  const asking = keepAsking(await addressOf('web'));

  const found: string[][] = [];
  for (const selector of [green, blue]) {
    expect(await switchSelector(api, service, selector)).toContain('only');
    await sleep(1000);
    expect(asking.takeCounts()['failed']).toBeUndefined();
    await sleep(1500);
    found.push(Object.keys(asking.takeCounts()));
  }
  await asking.stop();

  expect(found).toEqual([['1.5.0'], ['1.4.0']]);
  expect(await readSelector(api, service)).toEqual(blue);
});
