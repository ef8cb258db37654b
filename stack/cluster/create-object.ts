import { ApiException, type KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node';

/** Creates an object of any kind; one that is there already is left as it is, for an earlier attempt may have timed out. */
export async function createObject(config: KubeConfig, object: KubernetesObject): Promise<true> {
  try {
    await KubernetesObjectApi.makeApiClient(config).create(object);
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 409) throw error;
  }
  return true;
}
