import { KubeConfig, KubernetesObjectApi, type V1ConfigMap, type V1Deployment } from '@kubernetes/client-node';
import { storefrontManifests } from '../stack/storefront/index.js';
import { waitFor } from '../stack/wait.js';

/** The shop that a canary is measured on. */
export interface BenchShop {
  namespace: string;
  replicas: number;
  /** Share of its requests that the stable version answers with 500, as real services do. */
  errorRate: number;
}

const image = 'registry.local/storefront:1.4.0';

function isConfigMap(object: { kind?: string }): object is V1ConfigMap {
  return object.kind === 'ConfigMap';
}

/** Opens a storefront 1.4.0 in a namespace of its own; answers how to close it. */
export async function openBenchShop(kubeConfigFile: string, shop: BenchShop): Promise<() => Promise<void>> {
  const { namespace, replicas, errorRate } = shop;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeConfigFile);
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  for (const manifest of storefrontManifests({ namespace, image, replicas, gatewayName: 'gateway' })) {
    if (isConfigMap(manifest)) manifest.data = { ...manifest.data, ERROR_RATE: String(errorRate) };
    await api.create(manifest);
  }
  const next = `kubectl -n ${namespace} get pods`;
  await waitFor({ what: `${replicas} ready pods in ${namespace}`, seconds: 90, next }, async () => {
    const header = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace } };
    return (await api.read<V1Deployment>(header)).status?.availableReplicas === replicas;
  });
  return async () => {
    await api.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  };
}
