import { KubernetesObjectApi } from '@kubernetes/client-node';
import { startPostgresPod as startPod } from '../../stack/orders/postgres-pod.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';

/** Runs PostgreSQL as the pod `postgres-0` of a new namespace on the tests' stack, and waits until it is ready. */
export async function startPostgresPod(
  namespace: string,
): Promise<{ address: string; password: string; remove(): Promise<void> }> {
  const password = 'password-of-the-tests';
  const { kubeConfig } = connectKubernetes();
  const stackName = process.env['STACK_NAME'] ?? 'default';
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const address = await startPod({ stackName, kubeConfig, namespace, password, say });
  return {
    address,
    password,
    async remove() {
      const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      await KubernetesObjectApi.makeApiClient(kubeConfig).delete(space);
    },
  };
}
