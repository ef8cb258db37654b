import { KubernetesObjectApi, type KubernetesObject, type V1StatefulSet } from '@kubernetes/client-node';
import { ensureImage } from '../../stack/images/ensure-image.js';
import { postgresData, postgresImage, postgresUser } from '../../stack/images/postgres-image.js';
import { resources } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import type { Pod } from '../../systems/kubernetes/objects.js';
import { eventually } from './settings.js';

const say = (line: string) => process.stderr.write(`${line}\n`);

function describeStatefulSet(namespace: string): V1StatefulSet {
  const labels = { app: 'postgres' };
  const password = { name: 'POSTGRES_PASSWORD', valueFrom: { secretKeyRef: { name: 'postgres', key: 'password' } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'postgres', namespace },
    spec: {
      serviceName: 'postgres',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          securityContext: { runAsUser: postgresUser, runAsGroup: postgresUser, fsGroup: postgresUser },
          containers: [
            {
              name: 'postgres',
              image: 'registry.local/postgres:15',
              env: [password],
              ports: [{ containerPort: 5432 }],
              readinessProbe: { exec: { command: ['pg_isready'] }, periodSeconds: 1 },
              volumeMounts: [{ name: 'data', mountPath: postgresData }],
            },
          ],
          volumes: [{ name: 'data', emptyDir: {} }],
        },
      },
    },
  };
}

/** Runs PostgreSQL as the pod `postgres-0` of a new namespace on the stack's real node, as installations do, and waits until it is ready. */
export async function startPostgresPod(
  namespace: string,
): Promise<{ address: string; password: string; remove(): Promise<void> }> {
  await ensureImage(process.env['STACK_NAME'] ?? 'default', await postgresImage(say), say);
  const password = 'password-of-the-tests';
  const api = connectKubernetes();
  const client = KubernetesObjectApi.makeApiClient(api.kubeConfig);
  const space: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'postgres', namespace } };
  const objects = [space, { ...secret, stringData: { password } }, describeStatefulSet(namespace)];
  for (const object of objects) await client.create(object);
  const address = await eventually('a ready pod postgres-0', 90, async () => {
    const [pod] = await api.list<Pod & { status?: { podIP?: string } }>(resources.pods, namespace);
    return pod?.status?.containerStatuses?.every(({ ready }) => ready) && pod.status.podIP;
  });
  return {
    address,
    password,
    async remove() {
      await client.delete(space);
    },
  };
}
