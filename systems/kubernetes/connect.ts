import { KubeConfig } from '@kubernetes/client-node';
import { messageOf, RunbookError } from '../../core/errors.js';
import { KubernetesApi } from './api.js';

/**
 * The cluster of KUBECONFIG, ~/.kube/config or the pod's service account, in that order.
 * @throws RunbookError InvalidSettings when the kubeconfig cannot be read.
 */
export function connectKubernetes(): KubernetesApi {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromDefault();
  } catch (error) {
    throw new RunbookError('InvalidSettings', `kubeconfig: ${messageOf(error)}; set KUBECONFIG to a readable file`);
  }
  return new KubernetesApi(kubeConfig);
}
