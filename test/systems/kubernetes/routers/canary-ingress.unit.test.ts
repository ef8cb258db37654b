import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { canaryIngress, competesWith, type Ingress } from '../../../../systems/kubernetes/routers/canary-ingress.js';
import { createRouter, type Router } from '../../../../systems/kubernetes/routers/router.js';
import { ApiServer } from '../api-server.js';

const path = '/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web';
const to = (name: string) => ({ service: { name, port: { number: 80 } } });

const main: Ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    namespace: 'shop',
    name: 'web',
    annotations: {
      'cert-manager.io/cluster-issuer': 'letsencrypt',
      'nginx.ingress.kubernetes.io/rewrite-target': '/',
      'nginx.ingress.kubernetes.io/affinity': 'cookie',
      'nginx.ingress.kubernetes.io/session-cookie-name': 'shop',
    },
  },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host: 'shop.local',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: to('web') },
            { path: '/old', pathType: 'Prefix', backend: to('legacy') },
          ],
        },
      },
      { host: 'old.local', http: { paths: [{ path: '/', pathType: 'Prefix', backend: to('legacy') }] } },
    ],
  },
};

test('the second Ingress takes the main one’s rules to the Service, and only what ingress-nginx does not inherit', () => {
  expect(canaryIngress(main, 'web', 25)).toEqual({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      namespace: 'shop',
      name: 'web-canary',
      labels: { 'app.kubernetes.io/managed-by': 'temporal-runbooks' },
      annotations: {
        'nginx.ingress.kubernetes.io/affinity': 'cookie',
        'nginx.ingress.kubernetes.io/session-cookie-name': 'shop',
        'nginx.ingress.kubernetes.io/canary': 'true',
        'nginx.ingress.kubernetes.io/canary-weight': '25',
      },
    },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'shop.local', http: { paths: [{ path: '/', pathType: 'Prefix', backend: to('web-canary') }] } }],
    },
  });
});

test('two canaries of the same host and path compete; an Ingress that is none competes with nobody', () => {
  const ours = canaryIngress(main, 'web', 25);
  const elsewhere = canaryIngress(main, 'legacy', 25);

  expect(competesWith(ours, { ...ours, metadata: { ...ours.metadata, name: 'other' } })).toBe(true);
  expect(competesWith(ours, elsewhere)).toBe(false);
  expect(competesWith(main, ours)).toBe(false);
});

describe('the router', () => {
  let server: ApiServer;
  let router: Router;

  beforeEach(async () => {
    server = await ApiServer.start();
    const target = { namespace: 'shop', deployment: 'web', replicas: 2 };
    router = createRouter(server.api, target, { by: 'ingressNginx', ingress: 'web', service: 'web' });
    server.put(path, main);
  });

  afterEach(() => server.stop());

  test('sets a weight, says that it is written but not that it is in force, and leaves nothing behind', async () => {
    const before = JSON.stringify([...server.objects]);

    expect(await router.rehearse()).toEqual({});
    expect(server.changes()).toEqual([]);
    expect(await router.set(25)).toBe(
      '25 % written to ingress shop/web-canary; ingress-nginx does not say when it is in force',
    );
    expect(await router.weight()).toBe(25);
    await router.restore({});
    await router.restore({});

    expect(await router.weight()).toBe(0);
    expect(server.changes()).toEqual(['PATCH', 'DELETE']);
    expect(JSON.stringify([...server.objects])).toBe(before);
  });

  test('an Ingress of the canary’s name that is not ours is refused, and stays', async () => {
    server.put(`${path}-canary`, { ...main, metadata: { namespace: 'shop', name: 'web-canary' } });

    await expect(router.set(25)).rejects.toMatchObject({
      code: 'Refused',
      message: 'ingress shop/web: expected the name web-canary to be free, found an Ingress that is not ours',
    });
    await router.restore({});
    expect(server.changes()).toEqual([]);
  });

  test('a second canary of the same paths is refused before anything changes: ingress-nginx would not heed it', async () => {
    const other = canaryIngress(main, 'web', 10);
    server.put(`${path}-blue`, { ...other, metadata: { ...other.metadata, name: 'web-blue' } });

    await expect(router.rehearse()).rejects.toMatchObject({
      message: expect.stringContaining('found ingress web-blue'),
    });
  });

  test('an Ingress without a path to the Service is refused, with those that it has', async () => {
    const target = { namespace: 'shop', deployment: 'web', replicas: 2 };
    const wrong = createRouter(server.api, target, { by: 'ingressNginx', ingress: 'web', service: 'wep' });

    await expect(wrong.rehearse()).rejects.toMatchObject({
      message:
        'ingress shop/web: expected a path to "wep", found web, legacy, legacy; check traffic.service in the runbook',
    });
  });
});
