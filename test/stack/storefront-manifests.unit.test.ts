import { expect, test } from '@jest/globals';
import type { V1Deployment } from '@kubernetes/client-node';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpRoute } from '../../stack/gateway/http-route.js';
import { listScrapeTargets } from '../../stack/gateway/scrape-targets.js';
import { storefrontImages, storefrontManifests, storefrontSource } from '../../stack/storefront/index.js';

const image = 'registry.local/storefront:1.4.0';
const manifests = storefrontManifests({ namespace: 'shop', image, replicas: 3, gatewayName: 'edge' });

test('the manifests come in the order in which they can be applied', () => {
  expect(manifests.map(({ kind, metadata }) => `${kind}/${metadata?.name}`)).toEqual([
    'Namespace/shop',
    'ConfigMap/web-config',
    'Deployment/web',
    'Service/web',
    'Gateway/edge',
    'HTTPRoute/web',
  ]);
});

test('a release of the sample service can lose no request', () => {
  const { spec } = manifests.find(({ kind }) => kind === 'Deployment') as V1Deployment;
  const container = spec?.template.spec?.containers[0];

  expect(spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  expect(container?.lifecycle?.preStop?.sleep?.seconds).toBe(2);
  expect(spec?.template.spec?.terminationGracePeriodSeconds).toBeGreaterThan(4);
  expect(container?.readinessProbe).toBeDefined();
});

test('the route starts with all of its weight on web', () => {
  const { spec } = manifests.find(({ kind }) => kind === 'HTTPRoute') as HttpRoute;

  expect(spec.hostnames).toEqual(['web.shop.local']);
  expect(spec.rules).toEqual([{ backendRefs: [{ name: 'web', port: 80, weight: 1 }] }]);
});

test('the images are one binary with five environments', () => {
  const images = storefrontImages('/cache/storefront');

  expect(images.map(({ reference }) => reference.split(':')[1])).toEqual(['1.4.0', '1.5.0', '1.6.0', '1.7.0', '1.8.0']);
  expect(images[2]?.env).toEqual(['VERSION=1.6.0', 'ERROR_RATE=0.2']);
  expect(images.every(({ files }) => files.some(({ source }) => source === '/cache/storefront'))).toBe(true);
  expect(existsSync(join(storefrontSource, 'go.mod'))).toBe(true);
});

test('a running pod that asks for it is scraped under the name of its Deployment', () => {
  const pod = {
    metadata: {
      name: 'web-canary-7d9f-x1',
      namespace: 'shop',
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
      labels: { app: 'web', 'pod-template-hash': '7d9f' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-canary-7d9f', apiVersion: 'apps/v1', uid: '1' }],
    },
    spec: { nodeName: 'node', containers: [] },
    status: { phase: 'Running', podIP: '10.0.0.5' },
  };

  const pending = { ...pod, status: { phase: 'Pending' } };
  const silent = { ...pod, metadata: { ...pod.metadata, annotations: {} } };

  expect(listScrapeTargets([pod, pending, silent])).toEqual([
    {
      targets: ['10.0.0.5:8080'],
      labels: { namespace: 'shop', pod: 'web-canary-7d9f-x1', node: 'node', app: 'web', deployment: 'web-canary' },
    },
  ]);
});
