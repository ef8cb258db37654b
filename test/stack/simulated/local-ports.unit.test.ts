import { expect, test } from '@jest/globals';
import type { V1EndpointSlice, V1Pod, V1Service } from '@kubernetes/client-node';
import { resolveBackend } from '../../../stack/gateway/backend.js';
import { listScrapeTargets } from '../../../stack/gateway/scrape-targets.js';
import { localPortsAnnotation, renderLocalPorts } from '../../../stack/simulated/pods/local-ports.js';

function podAt(podIP: string, ports?: Record<string, number>): V1Pod {
  const own = ports && { [localPortsAnnotation]: renderLocalPorts(ports) };
  return {
    metadata: { name: `pod-${podIP}`, namespace: 'shop', annotations: { 'prometheus.io/scrape': 'true', ...own } },
    spec: { containers: [{ name: 'web', ports: [{ containerPort: 8080 }] }] },
    status: { phase: 'Running', podIP },
  };
}

const pods = [
  podAt('198.18.0.1', { 8080: 21_034, 9090: 21_035 }),
  podAt('198.19.0.2'),
  podAt('10.244.0.3', { 8080: 1 }),
];

test('the gateway sends requests to the process of a simulated pod, to none without one, and to real pods themselves', () => {
  const service: V1Service = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  };
  const slice: V1EndpointSlice = {
    metadata: { namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [...pods.map(({ status }) => ({ addresses: [status?.podIP ?? ''] })), { addresses: ['198.18.0.9'] }],
  };
  const snapshot = { routes: [], services: [service], slices: [slice], pods };

  const backend = resolveBackend(snapshot, { name: 'web', port: 80 }, 'shop');

  expect(backend).toMatchObject({ addresses: ['10.244.0.3:8080', '127.0.0.1:21034'] });
});

test('Prometheus scrapes the process under the name of its pod', () => {
  const targets = listScrapeTargets(pods);

  expect(targets.map((target) => [target.targets, target.labels['pod']])).toEqual([
    [['10.244.0.3:8080'], 'pod-10.244.0.3'],
    [['127.0.0.1:21034'], 'pod-198.18.0.1'],
  ]);
});
