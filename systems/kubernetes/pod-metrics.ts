import { RunbookError } from '../../core/errors.js';
import { getUrl } from '../http.js';
import { resources, type KubernetesApi } from './api.js';
import type { Deployment, Pod } from './objects.js';

/** Where each pod serves its metrics, and how it is reached. */
export interface MetricsPort {
  port: number;
  path: string;
  reach: 'proxy' | 'address';
}

export interface PodAddress {
  name: string;
  address: string;
}

const timeoutSeconds = 2;
const mostBytes = 16 * 1024 * 1024;

/** The running pods of a Deployment's selector. Those of another Deployment may match it as well. */
export async function runningPods(api: KubernetesApi, namespace: string, deployment: string): Promise<PodAddress[]> {
  const found = await api.find<Deployment>(resources.deployments, namespace, deployment);
  const labels = found?.spec.selector.matchLabels;
  if (!labels) return [];
  const pods = await api.list<Pod>(resources.pods, namespace, labels);
  return pods.flatMap(({ metadata, status }) =>
    status?.phase === 'Running' && status.podIP !== undefined && !metadata.deletionTimestamp
      ? [{ name: metadata.name, address: status.podIP }]
      : [],
  );
}

/**
 * What a pod says of itself, in Prometheus' text format.
 * @throws RunbookError MetricsUnreachable; ClusterUnreachable, Forbidden through the API server.
 */
export async function scrapePod(
  api: KubernetesApi,
  namespace: string,
  pod: PodAddress,
  { port, path, reach }: MetricsPort,
): Promise<string> {
  if (reach === 'proxy') return api.proxied(namespace, pod.name, port, path, timeoutSeconds * 1000);
  const host = pod.address.includes(':') ? `[${pod.address}]` : pod.address;
  const answer = await getUrl(`http://${host}:${port}${path}`, { headers: {}, timeoutSeconds, mostBytes });
  if (answer.status === 200) return answer.body;
  const found = answer.error ?? `status ${answer.status}`;
  throw new RunbookError(
    'MetricsUnreachable',
    `pod ${namespace}/${pod.name}: expected ${path} on port ${port}, found ${found}`,
  );
}
