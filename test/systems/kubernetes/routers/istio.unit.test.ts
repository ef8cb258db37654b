import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  destinationsOf,
  virtualServiceWith,
  weightOn,
  type RouteDestination,
  type VirtualService,
} from '../../../../systems/kubernetes/routers/destinations.js';
import { createRouter, type Router } from '../../../../systems/kubernetes/routers/router.js';
import { ApiServer } from '../api-server.js';

const path = '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/web';
const target = { namespace: 'shop', virtualService: 'web', service: 'web' };
const release = { namespace: 'shop', deployment: 'web', replicas: 2 };

const to = (host: string, weight?: number): RouteDestination => ({
  destination: { host },
  ...(weight !== undefined && { weight }),
});

function serviceOf(...routes: RouteDestination[][]): VirtualService {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { http: routes.map((route, index) => ({ name: `route-${index}`, route })) },
  };
}

const sum = (all: RouteDestination[]) => all.reduce((total, { weight = 0 }) => total + weight, 0);

describe('the split of a VirtualService', () => {
  test('goes to the canary’s Service by the same form of its name; a subset is the stable version’s alone', () => {
    const host = 'web.shop.svc.cluster.local';
    const stable = { destination: { host, subset: 'v1', port: { number: 80 } }, headers: { request: {} } };

    expect(destinationsOf(virtualServiceWith(serviceOf([stable]), target, { canary: 25 }))).toEqual([
      [
        { ...stable, weight: 75 },
        {
          destination: { host: 'web-canary.shop.svc.cluster.local', port: { number: 80 } },
          headers: { request: {} },
          weight: 25,
        },
      ],
    ]);
  });

  test('keeps matches, other destinations and routes that are not meant; weights sum to 100', () => {
    const live = serviceOf([to('web', 60), to('legacy', 40)], [to('legacy')], [to('web.other')]);
    const rich = { ...live.spec.http?.[0], match: [{ headers: { 'x-beta': { exact: '1' } } }] };
    const found = { ...live, spec: { hosts: ['shop.local'], http: [rich, ...(live.spec.http ?? []).slice(1)] } };

    const split = virtualServiceWith(found, target, { canary: 25 });

    expect(split.spec).toMatchObject({ hosts: ['shop.local'], http: [{ match: rich.match }, {}, {}] });
    expect(destinationsOf(split)).toEqual([
      [to('web', 45), to('web-canary', 15), to('legacy', 40)],
      [to('legacy')],
      [to('web.other')],
    ]);
  });

  test('is set in the one HTTP route that the runbook names', () => {
    const split = virtualServiceWith(
      serviceOf([to('web')], [to('web')]),
      { ...target, route: 'route-1' },
      { canary: 5 },
    );

    expect(destinationsOf(split)).toEqual([[to('web')], [to('web', 95), to('web-canary', 5)]]);
    expect(weightOn(split, { ...target, route: 'route-1' })).toBe(5);
  });
});

const share = fc.integer({ min: 2, max: 99 });
const routes = fc.array(
  fc.oneof<Array<fc.Arbitrary<RouteDestination[]>>>(
    fc.constant([to('web')]),
    share.map((weight) => [to('web', weight), to('legacy', 100 - weight)]),
    share.map((weight) => [to('legacy', 100 - weight), to('web.shop', weight)]),
    fc.constant([to('legacy')]),
  ),
  { minLength: 1, maxLength: 4 },
);
const steps = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });
const climb = (from: VirtualService, weights: number[]) =>
  weights.reduce((found, canary) => virtualServiceWith(found, target, { canary }), from);

test('however a canary climbs, weights sum to 100, others keep theirs, and the way back is what was there before', () => {
  fc.assert(
    fc.property(routes, steps, (before, weights) => {
      const from = serviceOf(...before);
      const climbed = climb(from, weights);

      destinationsOf(climbed).forEach((all, index) => {
        expect(all.length === 1 || sum(all) === 100).toBe(true);
        const legacy = all.filter(({ destination }) => destination.host === 'legacy');
        expect(legacy).toEqual((before[index] ?? []).filter(({ destination }) => destination.host === 'legacy'));
      });
      expect(virtualServiceWith(climbed, target, { restore: destinationsOf(from) })).toEqual(from);
    }),
  );
});

test('a weight between nothing and all is never nothing nor all, and set again it changes nothing', () => {
  fc.assert(
    fc.property(share, fc.integer({ min: 1, max: 99 }), (weight, canary) => {
      const once = climb(serviceOf([to('web', weight), to('legacy', 100 - weight)]), [canary]);

      expect(
        destinationsOf(once)[0]
          ?.slice(0, 2)
          .every(({ weight: each = 0 }) => each > 0),
      ).toBe(true);
      expect(climb(once, [canary])).toEqual(once);
    }),
  );
});

describe('the router', () => {
  let server: ApiServer;
  let router: Router;

  beforeEach(async () => {
    server = await ApiServer.start();
    router = createRouter(server.api, release, { by: 'istio', virtualService: 'web', service: 'web' });
  });

  afterEach(() => server.stop());

  const live = () => server.objects.get(path) as VirtualService;

  test('sets once, reads back, and says that Istio does not say more', async () => {
    server.put(path, serviceOf([to('web')]));

    const before = await router.rehearse();
    expect(server.changes()).toEqual([]);
    expect(await router.set(25)).toBe(
      '25 % written to virtualservice shop/web; Istio does not say when it is in force',
    );
    await router.set(25);
    expect(await router.weight()).toBe(25);
    await router.restore(before);

    expect(destinationsOf(live())).toEqual([[to('web')]]);
    expect(server.changes()).toEqual(['PUT', 'PUT']);
  });

  test('an HTTP route that somebody adds while the canary runs is kept, and the earlier ones go back to their own', async () => {
    server.put(path, serviceOf([to('web', 60), to('legacy', 40)]));
    const before = await router.rehearse();
    await router.set(50);
    server.put(path, serviceOf([to('beta')], ...destinationsOf(live())));

    await router.restore(before);

    expect(destinationsOf(live())).toEqual([[to('beta')], [to('web', 60), to('legacy', 40)]]);
  });

  test('somebody else’s change between reading and writing is kept', async () => {
    server.put(path, serviceOf([to('web')]));
    let others = 0;
    server.before = ({ method }) => {
      if (method !== 'PUT' || others++ > 0) return;
      server.put(path, { ...live(), spec: { ...live().spec, hosts: ['new.local'] } });
    };

    await router.set(5);

    expect(live().spec).toMatchObject({ hosts: ['new.local'] });
    expect(await router.weight()).toBe(5);
  });

  test.each([
    ['no destination of the Service', [[to('legacy')]], 'expected an HTTP route to "web", found legacy'],
    [
      'two of them',
      [[to('web', 50), to('web.shop', 50)]],
      'expected one destination to "web" in each HTTP route, found 2',
    ],
    ['weights that are no percentages', [[to('web', 1), to('legacy', 1)]], 'expected weights that sum to 100, found 2'],
    ['no traffic', [[to('web', 0), to('legacy', 100)]], 'expected a weight of at least 2 for "web", found 0'],
  ])('%s is refused before anything changes', async (_, destinations, message) => {
    server.put(path, serviceOf(...destinations));

    await expect(router.rehearse()).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringContaining(message),
    });
  });

  test('a canary that an ended run left behind is not what the way back goes to', async () => {
    server.put(path, serviceOf([to('web', 50), to('web-canary', 50)]));

    const before = await router.rehearse();
    await router.set(10);
    await router.restore(before);

    expect(destinationsOf(live())).toEqual([[to('web', 100)]]);
  });
});
