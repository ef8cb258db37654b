import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Fault } from '../../../../stack/faults/faulty-proxy.js';
import { resources, type Resource } from '../../../../systems/kubernetes/api.js';
import type { Deployment, ManagedObject, Service } from '../../../../systems/kubernetes/objects.js';
import type { RouterChoice } from '../../../../systems/kubernetes/routers/router.js';
import { switchSelector } from '../../../../systems/kubernetes/routers/service-selector.js';
import { bringUp, openRoutedShop, takeDown, untilDone, type RoutedShop } from './routed-shop.js';

jest.setTimeout(180_000);

let shop: RoutedShop;

beforeAll(async () => {
  shop = await openRoutedShop('faults');
});

afterAll(() => shop.tearDown());

afterEach(async () => {
  shop.proxy.schedule = () => undefined;
  shop.proxy.changes.length = 0;
  await takeDown(shop);
});

/** The worst things that can happen to one request: the third one tells of a failure after the change was made. */
const faults: Fault[] = [
  { done: true, answer: 'breaks off' },
  { done: false, answer: 503 },
  { done: true, answer: 504 },
];

/** Does something as Temporal would, until it is done, while the next request but so many goes wrong once. */
async function doWhileFailing(requests: number, fault: Fault, work: () => Promise<unknown>): Promise<void> {
  let seen = 0;
  shop.proxy.changes.length = 0;
  shop.proxy.schedule = () => (seen++ === requests ? fault : undefined);
  await untilDone(work);
  shop.proxy.schedule = () => undefined;
}

/** How often objects were really changed: a write that changes nothing leaves the version as it was. */
const changesMade = () => new Set(shop.proxy.changes.map(({ resourceVersion }) => resourceVersion)).size;

const specOf = async (resource: Resource, name: string) =>
  (await shop.world.api.find<ManagedObject & { spec: unknown }>(resource, shop.world.namespace, name))?.spec;

describe.each<[RouterChoice['by'], RouterChoice, Resource, string]>([
  ['httpRoute', { by: 'httpRoute', httpRoute: 'web', service: 'web' }, resources.httpRoutes, 'web'],
  ['istio', { by: 'istio', virtualService: 'web', service: 'web' }, resources.virtualServices, 'web'],
  ['ingressNginx', { by: 'ingressNginx', ingress: 'web', service: 'web' }, resources.ingresses, 'web-canary'],
])('%s', (_, traffic, resource, name) => {
  test('whatever goes wrong with any one request, a weight is set once and taken back once, and both are confirmed', async () => {
    const router = shop.router(traffic);
    const found = await specOf(resource, name);
    const before = await router.rehearse();
    for (const fault of faults) {
      for (let position = 0; position < 4; position += 1) {
        await doWhileFailing(position, fault, () => router.set(25));
        expect([position, fault, await router.weight(), changesMade()]).toEqual([position, fault, 25, 1]);

        await doWhileFailing(position, fault, () => router.restore(before));
        expect([position, fault, await router.weight(), changesMade()]).toEqual([position, fault, 0, 1]);
        expect(await specOf(resource, name)).toEqual(found);
      }
    }
  });
});

test('an API server that never answers after a change costs one request’s patience, not the change', async () => {
  const router = shop.router({ by: 'httpRoute', httpRoute: 'web', service: 'web' });
  const before = await router.rehearse();

  await doWhileFailing(1, { done: true, answer: 'hangs' }, () => router.set(50));

  expect([await router.weight(), changesMade()]).toEqual([50, 1]);
  await router.restore(before);

  expect(await router.weight()).toBe(0);
});

test('two who change one route at the same time both have their way', async () => {
  const router = shop.router({ by: 'istio', virtualService: 'web', service: 'web' });
  const { world } = shop;
  const before = await router.rehearse();
  let others = 0;
  shop.proxy.schedule = async ({ method }) => {
    if (method === 'PUT' && others++ === 0)
      await world.api.merge(resources.virtualServices, world.namespace, 'web', { spec: { hosts: ['new.local'] } });
    return undefined;
  };

  await router.set(25);
  expect(await specOf(resources.virtualServices, 'web')).toMatchObject({ hosts: ['new.local'] });
  await router.restore(before);

  expect(await specOf(resources.virtualServices, 'web')).toMatchObject({
    hosts: ['new.local'],
    http: [{ name: 'beta' }, { name: 'all', route: [{ destination: { host: 'web', port: { number: 80 } } }] }],
  });
});

test('the ratio of pods moves under faults, each Deployment scaled once, never with fewer pods than the service needs', async () => {
  const { world, target } = shop;
  await bringUp(shop, 1);
  const router = shop.router({ by: 'replicas' });
  const generation = async (name: string) =>
    (await world.api.read<Deployment>(resources.deployments, target.namespace, name)).metadata.generation ?? 0;
  const [stable, canary] = [await generation('web'), await generation('web-canary')];
  const least: number[] = [];
  // Irregular, but the same in each run: one request in five goes wrong.
  let chance = 1;
  shop.proxy.schedule = async () => {
    const deployments = await world.api.list<Deployment>(resources.deployments, target.namespace);
    least.push(deployments.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0));
    chance = (chance * 48_271) % 2_147_483_647;
    return chance % 5 === 0 ? faults[chance % faults.length] : undefined;
  };

  await untilDone(() => router.set(50));
  expect(await untilDone(() => router.weight())).toBe(50);
  await untilDone(() => router.restore({}));

  expect(shop.proxy.faults).toBeGreaterThan(3);
  expect(Math.min(...least)).toBe(target.replicas);
  expect(await generation('web')).toBe(stable + 2);
  expect(await generation('web-canary')).toBe(canary + 1);
  shop.proxy.schedule = () => undefined;
  expect(await router.weight()).toBe(0);
});

test('a Service is switched once whatever goes wrong, also while somebody else changes it, and never to a version without a ready pod', async () => {
  const { world, target, api } = shop;
  const { namespace } = target;
  const service = { namespace, service: 'web' };
  const read = () => world.api.read<Service>(resources.services, namespace, 'web');
  await bringUp(shop, 1, 'web');
  const green = (await world.api.read<Service>(resources.services, namespace, 'web-canary')).spec.selector ?? {};
  const blue = (await read()).spec.selector ?? {};

  const toGreen = { ...green, 'runbooks.temporal.io/track': 'canary' };
  for (const fault of faults) {
    for (let position = 0; position < 6; position += 1) {
      const selector = position % 2 === 0 ? toGreen : blue;
      await doWhileFailing(position, fault, () => switchSelector(api, service, selector));
      expect((await read()).spec.selector).toEqual(selector);
      expect([position, changesMade()]).toEqual([position, 1]);
    }
  }

  let others = 0;
  shop.proxy.schedule = async ({ method }) => {
    if (method === 'PATCH' && others++ === 0)
      await world.api.merge(resources.services, namespace, 'web', { metadata: { labels: { owner: 'somebody' } } });
    return undefined;
  };
  await switchSelector(api, service, green);
  expect(await read()).toMatchObject({ metadata: { labels: { owner: 'somebody' } }, spec: { selector: green } });

  await expect(switchSelector(api, service, { app: 'nobody' })).rejects.toMatchObject({
    code: 'ReadBackFailed',
    message: expect.stringContaining(
      'expected a ready pod of app=nobody before the switch, found none; nothing was switched',
    ),
  });
  expect((await read()).spec.selector).toEqual(green);
  await switchSelector(api, service, blue);
});
