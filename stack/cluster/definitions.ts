import {
  ApiextensionsV1Api,
  type KubeConfig,
  loadYaml,
  type V1CustomResourceDefinition,
} from '@kubernetes/client-node';
import { logOf } from '../daemons.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { createObject } from './create-object.js';

/** Creates resource definitions, given as YAML, and waits until the API server serves them. */
export async function applyDefinitions(starting: Starting, config: KubeConfig, texts: string[]): Promise<void> {
  await Promise.all(texts.map((text) => applyDefinition(starting, config, loadYaml(text))));
}

async function applyDefinition(
  starting: Starting,
  config: KubeConfig,
  body: V1CustomResourceDefinition,
): Promise<void> {
  const api = config.makeApiClient(ApiextensionsV1Api);
  const name = body.metadata?.name ?? '';
  await createObject(config, body);
  const next = logOf(starting.layout, 'kube-apiserver');
  await waitFor({ what: `${name} established`, seconds: 30, next, signal: starting.signal }, async () => {
    const found = await api.readCustomResourceDefinition({ name });
    return found.status?.conditions?.some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    );
  });
}
