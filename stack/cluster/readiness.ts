import { CoreV1Api, Health, type KubeConfig } from '@kubernetes/client-node';
import { logOf } from '../daemons.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { kubeletClients } from './certificates.js';
import { createObject } from './create-object.js';
import type { NodeNetwork } from './network.js';

/** Waits until the API server answers, and lets its own certificate ask kubelets for logs, exec and port-forward. */
export async function awaitApiServer(starting: Starting, config: KubeConfig): Promise<void> {
  const health = new Health(config);
  await expectIn(starting, 'kube-apiserver ready', 90, 'kube-apiserver', () => health.readyz({}));
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'trb-kubelet-clients' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: kubeletClients }],
  };
  await expectIn(starting, 'kubelet clients allowed', 20, 'kube-apiserver', () => createObject(config, binding));
}

/** Waits until pods can be started: the node is Ready, and namespaces get their service account. `server` makes the node ready. */
export async function awaitNode(
  starting: Starting,
  config: KubeConfig,
  nodeName: string,
  server: string,
): Promise<void> {
  const core = config.makeApiClient(CoreV1Api);
  await expectIn(starting, `node ${nodeName} Ready`, 90, server, async () => {
    const node = await core.readNode({ name: nodeName });
    return node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  });
  await expectIn(starting, 'default service account', 60, 'kube-controller-manager', () =>
    core.readNamespacedServiceAccount({ namespace: 'default', name: 'default' }),
  );
}

/** Waits until Services are balanced. */
export async function awaitServiceProxy(starting: Starting, network: NodeNetwork): Promise<void> {
  await expectIn(starting, 'kube-proxy healthy', 30, 'kube-proxy', async () => {
    const response = await fetch(`http://${network.nodeAddress}:10256/healthz`, { signal: AbortSignal.timeout(2000) });
    return response.ok;
  });
}

function expectIn<T>(
  starting: Starting,
  what: string,
  seconds: number,
  server: string,
  attempt: () => Promise<T | undefined | false>,
): Promise<T> {
  return waitFor({ what, seconds, next: logOf(starting.layout, server), signal: starting.signal }, attempt);
}
