import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { resources, type KubernetesApi } from '../../../../systems/kubernetes/api.js';
import {
  backendsOf,
  readRoute,
  rehearseRouteSplit,
  setRouteSplit,
  weightOf,
} from '../../../../systems/kubernetes/routers/http-route.js';
import type { BackendRef, HttpRoute } from '../../../../systems/kubernetes/objects.js';
import { ApiServer } from '../api-server.js';

const path = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web';
const target = { namespace: 'shop', httpRoute: 'web', service: 'web' };

const web: BackendRef = { name: 'web', port: 80 };
const legacy: BackendRef = { name: 'legacy', port: 8080, weight: 3 };

function routeOf(backend: BackendRef): HttpRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { rules: [{ backendRefs: [backend] }] },
  };
}

let server: ApiServer;
let api: KubernetesApi;

/** Puts the route there as a gateway that has taken over every generation would. */
function putAccepted(route: HttpRoute): void {
  const condition = { type: 'Accepted', status: 'True', observedGeneration: Number.MAX_SAFE_INTEGER };
  server.put(path, { ...route, status: { parents: [{ conditions: [condition] }] } });
}

const live = () => server.objects.get(path) as HttpRoute;

beforeEach(async () => {
  server = await ApiServer.start();
  api = server.api;
  putAccepted(routeOf(web));
});

afterEach(() => {
  jest.restoreAllMocks();
  server.stop();
});

test('a split is set once and read back', async () => {
  await setRouteSplit(api, target, { canary: 5 });
  await setRouteSplit(api, target, { canary: 5 });

  expect(weightOf(live(), 'web')).toBe(5);
  expect(server.changes()).toEqual(['PUT']);
});

test('going back leaves the backends as they were', async () => {
  const before = backendsOf(await readRoute(api, target));

  await setRouteSplit(api, target, { canary: 50 });
  await setRouteSplit(api, target, { restore: before });

  expect(backendsOf(live()).flat()).toEqual([web]);
});

test('somebody else’s change in between is kept: the route is read again', async () => {
  let others = 0;
  server.before = ({ method }) => {
    if (method !== 'PUT' || others++ > 0) return;
    putAccepted({ ...live(), spec: { ...live().spec, hostnames: ['new.local'] } } as HttpRoute);
  };

  await setRouteSplit(api, target, { canary: 5 });

  expect(live().spec).toMatchObject({ hostnames: ['new.local'] });
  expect(weightOf(live(), 'web')).toBe(5);
  expect(server.changes()).toEqual(['PUT', 'PUT']);
});

test('somebody who changes the route all the time is a conflict in the end', async () => {
  server.before = ({ method }) => {
    if (method === 'PUT') putAccepted(live());
  };

  await expect(setRouteSplit(api, target, { canary: 5 })).rejects.toMatchObject({ code: 'Conflict' });
  expect(server.changes()).toHaveLength(5);
});

test('a change whose answer was lost is not made twice', async () => {
  server.failNext('PUT', 'loses the answer');

  await expect(setRouteSplit(api, target, { canary: 5 })).rejects.toMatchObject({ code: 'ClusterUnreachable' });
  await setRouteSplit(api, target, { canary: 5 });

  expect(weightOf(live(), 'web')).toBe(5);
  expect(server.changes()).toEqual(['PUT']);
});

test('the change counts only when the gateway has taken it over', async () => {
  const parent = (observedGeneration: number) => ({
    parents: [{ conditions: [{ type: 'Accepted', status: 'True', observedGeneration }] }],
  });
  server.put(path, { ...routeOf(web), status: parent(1) });
  let looks = 0;
  server.before = ({ method }) => {
    if (method !== 'GET' || server.changes().length === 0) return;
    looks += 1;
    const { generation = 0 } = live().metadata;
    if (looks === 3) server.objects.set(path, { ...live(), status: parent(generation) } as HttpRoute);
  };

  await setRouteSplit(api, target, { canary: 5 });

  expect(looks).toBe(3);
});

test('a gateway that never takes it over is a failure that says what was found, not a wait for ever', async () => {
  server.put(path, routeOf(web));
  let now = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => (now += 6000));

  await expect(setRouteSplit(api, target, { canary: 5 })).rejects.toMatchObject({
    code: 'ReadBackFailed',
    message: expect.stringMatching(
      /^httproute shop\/web: expected 5 % on the canary and a gateway that accepted it .*, found 5 %, not accepted; see/,
    ),
  });
});

test('a route that does not send to the stable Service is refused, with those that it sends to', async () => {
  putAccepted(routeOf(legacy));

  await expect(setRouteSplit(api, target, { canary: 5 })).rejects.toMatchObject({
    code: 'Refused',
    message: 'httproute shop/web: expected a backend "web", found legacy; check traffic.service in the runbook',
  });
  expect(server.changes()).toEqual([]);
});

test('a rehearsal finds a missing right and changes nothing', async () => {
  const before = JSON.stringify(live());

  await rehearseRouteSplit(api, target);
  server.failNext('PUT', { status: 403, body: '{"message": "httproutes is forbidden", "reason": "Forbidden"}' });

  await expect(rehearseRouteSplit(api, target)).rejects.toMatchObject({ code: 'Forbidden' });
  expect(JSON.stringify(await api.read(resources.httpRoutes, 'shop', 'web'))).toBe(before);
});
