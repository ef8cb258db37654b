import {
  ApiextensionsV1Api,
  ApiException,
  type KubeConfig,
  loadYaml,
  type V1CustomResourceDefinition,
} from '@kubernetes/client-node';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { logOf } from '../daemons.js';

/** Creates resource definitions, given as YAML, and waits until the API server serves them. */
export async function applyDefinitions(starting: Starting, config: KubeConfig, texts: string[]): Promise<void> {
  const api = config.makeApiClient(ApiextensionsV1Api);
  await Promise.all(texts.map((text) => applyDefinition(starting, api, loadYaml(text))));
}

async function applyDefinition(
  starting: Starting,
  api: ApiextensionsV1Api,
  body: V1CustomResourceDefinition,
): Promise<void> {
  const name = body.metadata?.name ?? '';
  await api.createCustomResourceDefinition({ body }).catch((error: unknown) => {
    if (!(error instanceof ApiException) || error.code !== 409) throw error;
  });
  const next = logOf(starting.layout, 'kube-apiserver');
  await waitFor({ what: `${name} established`, seconds: 30, next, signal: starting.signal }, async () => {
    const found = await api.readCustomResourceDefinition({ name });
    return found.status?.conditions?.some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    );
  });
}
