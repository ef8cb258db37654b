import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KubernetesApi } from '../../../systems/kubernetes/api.js';
import {
  applyCanary,
  canaryDeployment,
  canaryRemains,
  canaryService,
  removeCanary,
} from '../../../systems/kubernetes/canary.js';
import type { Deployment, Service } from '../../../systems/kubernetes/objects.js';
import { ApiServer } from './api-server.js';

const target = { namespace: 'shop', deployment: 'web' };
const release = {
  image: 'web:1.6.0',
  repoints: [{ kind: 'ConfigMap' as const, from: 'web-config', to: 'web-config-2' }],
};
const size = { replicas: 2, run: 'run-1' };

/** A Deployment with fields that only a later version of the API, or nobody here, knows. */
const stable = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'web', uid: '1', resourceVersion: '7', labels: { app: 'web' } },
  spec: {
    replicas: 8,
    paused: true,
    minReadySeconds: 5,
    fieldOfNextYear: { deep: true },
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: {
        labels: { app: 'web', tier: 'front', team: 'shop' },
        annotations: { 'prometheus.io/scrape': 'true' },
      },
      spec: {
        serviceAccountName: 'web',
        fieldOfNextYear: [1],
        tolerations: [{ key: 'spot' }],
        containers: [
          {
            name: 'web',
            image: 'web:1.5.0',
            resources: { limits: { cpu: '1' } },
            envFrom: [{ configMapRef: { name: 'web-config' } }],
          },
        ],
      },
    },
  },
  status: { replicas: 8 },
} as unknown as Deployment;

function serviceOf(selector: Record<string, string>): Service {
  const ports = [{ name: 'http', port: 80, targetPort: 'http', nodePort: 30_080, appProtocol: 'http' }];
  return {
    metadata: { namespace: 'shop', name: 'web' },
    spec: { selector, ports, clusterIP: '10.0.0.7', type: 'NodePort' },
  } as Service;
}

const finds = (selector: Record<string, string> | undefined, labels: Record<string, string> | undefined) =>
  Object.entries(selector ?? {}).every(([label, value]) => labels?.[label] === value);
const podLabels = ({ spec }: Deployment) => spec.template.metadata?.labels;
const make = (service?: Service) => canaryDeployment(stable, target, release, size, service);

describe('a canary is the stable version in everything', () => {
  test('but its name, size, image, references, marks and the order in which its pods are replaced: unknown fields are carried along', () => {
    const { spec } = stable;
    const [container] = spec.template.spec.containers;

    expect(make(serviceOf({ app: 'web' }))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        namespace: 'shop',
        name: 'web-canary',
        labels: { 'app.kubernetes.io/managed-by': 'temporal-runbooks' },
      },
      spec: {
        ...spec,
        replicas: 2,
        paused: false,
        selector: { matchLabels: { app: 'web-canary', 'runbooks.temporal.io/track': 'canary' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: {
            annotations: { 'prometheus.io/scrape': 'true', 'runbooks.temporal.io/run': 'run-1' },
            labels: { app: 'web-canary', tier: 'front', team: 'shop', 'runbooks.temporal.io/track': 'canary' },
          },
          spec: {
            ...spec.template.spec,
            containers: [{ ...container, image: 'web:1.6.0', envFrom: [{ configMapRef: { name: 'web-config-2' } }] }],
          },
        },
      },
    });
  });

  test('and the stable Deployment is not changed by it', () => {
    const before = structuredClone(stable);

    make(serviceOf({ app: 'web' }));

    expect(stable).toEqual(before);
  });

  test('only the released container of several gets the new image', () => {
    const sidecar = { name: 'proxy', image: 'proxy:2' };
    const both = structuredClone(stable);
    both.spec.template.spec.containers.push(sidecar);

    const canary = canaryDeployment(both, { ...target, container: 'web' }, release, size);

    expect(canary.spec.template.spec.containers.map(({ image }) => image)).toEqual(['web:1.6.0', 'proxy:2']);
    expect(() => canaryDeployment(both, target, release, size)).toThrow(
      /expected one, or target.container, found web, proxy/,
    );
  });
});

describe('each side’s Service finds its own pods and only those', () => {
  test.each<[string, Record<string, string>]>([
    ['the Deployment’s own label', { app: 'web' }],
    ['more labels than the Deployment', { app: 'web', tier: 'front' }],
    ['quite another label than the Deployment', { tier: 'front' }],
  ])('where it selects by %s', (_, selector) => {
    const service = serviceOf(selector);
    const canary = make(service);

    expect(finds(canaryService(service).spec.selector, podLabels(canary))).toBe(true);
    expect(finds(service.spec.selector, podLabels(canary))).toBe(false);
    expect(finds(canaryService(service).spec.selector, podLabels(stable))).toBe(false);
    expect(finds(canary.spec.selector.matchLabels, podLabels(canary))).toBe(true);
    expect(finds(stable.spec.selector.matchLabels, podLabels(canary))).toBe(false);
  });

  test('and where they share the traffic by their number, the stable Service finds both', () => {
    const canary = make();

    expect(finds({ app: 'web' }, podLabels(canary))).toBe(true);
    expect(finds(canary.spec.selector.matchLabels, podLabels(canary))).toBe(true);
    expect(finds(canary.spec.selector.matchLabels, podLabels(stable))).toBe(false);
  });

  test('the canary’s Service has the stable one’s ports, but takes no port of the nodes', () => {
    expect(canaryService(serviceOf({ app: 'web' }))).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        namespace: 'shop',
        name: 'web-canary',
        labels: { 'app.kubernetes.io/managed-by': 'temporal-runbooks' },
      },
      spec: {
        selector: { app: 'web-canary' },
        ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }],
      },
    });
  });
});

describe('on the cluster', () => {
  const deployments = '/apis/apps/v1/namespaces/shop/deployments';
  const services = '/api/v1/namespaces/shop/services';
  let server: ApiServer;
  let api: KubernetesApi;

  beforeEach(async () => {
    server = await ApiServer.start();
    api = server.api;
    server.put(`${deployments}/web`, stable);
    server.put(`${services}/web`, serviceOf({ app: 'web' }));
  });

  afterEach(() => server.stop());

  const there = () => [...server.objects.keys()].map((path) => path.split('/').slice(-2).join('/')).sort();

  test('it comes with its Service, once however often it is brought up, and goes with it', async () => {
    await applyCanary(api, target, release, { ...size, service: 'web' });
    await applyCanary(api, target, release, { ...size, replicas: 4, service: 'web' });

    expect(there()).toEqual(['deployments/web', 'deployments/web-canary', 'services/web', 'services/web-canary']);
    expect(server.objects.get(`${deployments}/web-canary`)).toMatchObject({ spec: { replicas: 4 } });
    expect(await canaryRemains(api, target)).toBe(true);

    await removeCanary(api, target, 'web');
    await removeCanary(api, target, 'web');

    expect(there()).toEqual(['deployments/web', 'services/web']);
    expect(await canaryRemains(api, target)).toBe(false);
  });

  test('a rehearsal leaves nothing behind', async () => {
    await applyCanary(api, target, release, { ...size, service: 'web', rehearse: true });

    expect(there()).toEqual(['deployments/web', 'services/web']);
  });

  test('somebody else’s Deployment of that name is not taken over', async () => {
    server.put(`${deployments}/web-canary`, { metadata: { namespace: 'shop', name: 'web-canary' }, spec: {} });

    await expect(applyCanary(api, target, release, { ...size, service: 'web' })).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringContaining('deployment shop/web-canary: expected the name to be free for the canary'),
    });
    expect(server.changes()).toEqual([]);
  });

  test('somebody else’s Service of that name is not taken over', async () => {
    server.put(`${services}/web-canary`, {
      metadata: { namespace: 'shop', name: 'web-canary' },
      spec: { selector: { app: 'other' } },
    });

    await expect(applyCanary(api, target, release, { ...size, service: 'web' })).rejects.toMatchObject({
      code: 'Refused',
    });
    expect(server.objects.get(`${services}/web-canary`)).toMatchObject({ spec: { selector: { app: 'other' } } });
  });

  test('what is not ours is not removed', async () => {
    for (const path of [deployments, services]) {
      server.put(`${path}/web-canary`, { metadata: { namespace: 'shop', name: 'web-canary' }, spec: {} });
    }

    await removeCanary(api, target, 'web').catch(() => undefined);

    expect(there()).toEqual(['deployments/web', 'deployments/web-canary', 'services/web', 'services/web-canary']);
  });

  test('a Service that is not there is found out before anything is made', async () => {
    await expect(applyCanary(api, target, release, { ...size, service: 'api' })).rejects.toMatchObject({
      code: 'NotFound',
    });

    expect(server.changes()).toEqual([]);
  });
});
