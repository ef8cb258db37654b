import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, KubeConfig, KubernetesObjectApi, type V1Deployment } from '@kubernetes/client-node';
import { StackError } from '../stack-error.js';
import { storefrontManifests } from '../storefront/index.js';

const readyWithinMs = 90_000;

function isMissing(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/** Opens the demo's shop anew: storefront 1.4.0 in a namespace of its own. A shop of an earlier demo is cleared away first. */
export async function openShop(kubeConfigFile: string, namespace: string): Promise<void> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeConfigFile);
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const end = Date.now() + readyWithinMs;
  const wait = async (what: string, done: () => Promise<boolean>) => {
    while (!(await done())) {
      if (Date.now() > end)
        throw new StackError(`shop ${namespace}: expected ${what} within ${readyWithinMs / 1000} s`);
      await sleep(200);
    }
  };
  const header = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const isGone = async () =>
    api.read(header).then(
      () => false,
      (error: unknown) => isMissing(error),
    );
  if (!(await isGone())) {
    await api.delete(header);
    await wait('the earlier shop to be gone', isGone);
  }
  const image = 'registry.local/storefront:1.4.0';
  for (const manifest of storefrontManifests({ namespace, image, replicas: 3, gatewayName: 'gateway' }))
    await api.create(manifest);
  await wait('three ready pods', async () => {
    const found = await api.read<V1Deployment>({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
    });
    return found.status?.availableReplicas === 3;
  });
}
