import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KubernetesApi } from '../../../systems/kubernetes/api.js';
import {
  applyRelease,
  createConfigMap,
  readDeployment,
  releasedContainer,
} from '../../../systems/kubernetes/release.js';
import { ApiServer } from './api-server.js';

const path = '/apis/apps/v1/namespaces/shop/deployments/web';
const target = { namespace: 'shop', deployment: 'web' };

const envFrom = [{ configMapRef: { name: 'web-config' } }];
const greeting = { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'texts-1', key: 'GREETING' } } };

/** A Deployment of which an earlier release has applied the image and one variable. */
const live = {
  metadata: {
    ...{ namespace: 'shop', name: 'web' },
    managedFields: [
      {
        manager: 'temporal-runbooks',
        operation: 'Apply',
        fieldsV1: {
          'f:spec': {
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:name': {},
                    'f:image': {},
                    'f:env': { 'k:{"name":"GREETING"}': { '.': {}, 'f:name': {}, 'f:valueFrom': {} } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [{ name: 'web', image: 'web:1.4.0', envFrom, env: [{ name: 'MODE', value: 'fast' }, greeting] }],
      },
    },
  },
};

let server: ApiServer;
let api: KubernetesApi;

beforeEach(async () => {
  server = await ApiServer.start();
  api = server.api;
  server.put(path, live);
});

afterEach(() => server.stop());

/** What was sent as the wanted state. */
const applied = () => server.requests.find(({ method }) => method === 'PATCH')?.body;
const podOf = (container: object) => ({ template: { spec: { containers: [container] } } });

describe('a release applies', () => {
  test('the new image, and what it has applied before: what it left out would be deleted', async () => {
    await applyRelease(api, target, { image: 'web:1.5.0', repoints: [] });

    expect(applied()).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'shop', name: 'web' },
      spec: podOf({ name: 'web', image: 'web:1.5.0', env: [greeting] }),
    });
  });

  test('the labels that are its own: a canary without them is nobody’s, and would be left standing', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'temporal-runbooks' };
    const own = { 'f:metadata': { 'f:labels': { 'f:app.kubernetes.io/managed-by': {} } } };
    const managedFields = [{ manager: 'temporal-runbooks', operation: 'Apply', fieldsV1: own }];
    server.put(path, { ...live, metadata: { ...live.metadata, labels: { ...labels, team: 'shop' }, managedFields } });

    await applyRelease(api, target, { image: 'web:1.5.0', repoints: [] });

    expect(applied()).toMatchObject({ metadata: { namespace: 'shop', name: 'web', labels } });
    expect(JSON.stringify(applied())).not.toContain('team');
  });

  test('the references that change, and none that others keep', async () => {
    const repoints = [{ kind: 'ConfigMap' as const, from: 'web-config', to: 'web-config-2' }];

    await applyRelease(api, target, { image: 'web:1.5.0', repoints });

    expect(applied()).toMatchObject({
      spec: podOf({
        name: 'web',
        image: 'web:1.5.0',
        envFrom: [{ configMapRef: { name: 'web-config-2' } }],
        env: [greeting],
      }),
    });
  });

  test('never the number of pods: that may be an autoscaler’s', async () => {
    await applyRelease(api, target, { image: 'web:1.5.0', repoints: [] });

    expect(JSON.stringify(applied())).not.toContain('replicas');
  });
});

test('the released container is the only one, or the one that is named', async () => {
  const deployment = await readDeployment(api, target);
  const two = structuredClone(deployment);
  two.spec.template.spec.containers.push({ name: 'proxy', image: 'proxy:1' });

  expect(releasedContainer(deployment, target).name).toBe('web');
  expect(releasedContainer(two, { ...target, container: 'proxy' }).name).toBe('proxy');
  expect(() => releasedContainer(two, target)).toThrow('expected one, or target.container, found web, proxy');
  expect(() => releasedContainer(deployment, { ...target, container: 'api' })).toThrow('expected api, found web');
});

test('a Deployment that is not there is an error that names those that are', async () => {
  await expect(readDeployment(api, { namespace: 'shop', deployment: 'wep' })).rejects.toMatchObject({
    code: 'NotFound',
    message: expect.stringContaining('deployment shop/wep: expected an existing one, found only web;'),
  });
  await expect(readDeployment(api, { namespace: 'shpo', deployment: 'web' })).rejects.toMatchObject({
    message: expect.stringContaining('found none in the namespace'),
  });
});

test('a ConfigMap’s version can be made again, and cannot be changed', async () => {
  await createConfigMap(api, 'shop', 'web-config-0123456789', { A: '1' });
  await createConfigMap(api, 'shop', 'web-config-0123456789', { A: '1' });

  expect(server.objects.get('/api/v1/namespaces/shop/configmaps/web-config-0123456789')).toMatchObject({
    immutable: true,
    data: { A: '1' },
  });
});
