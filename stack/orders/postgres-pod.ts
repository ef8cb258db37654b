import { type KubeConfig, KubernetesObjectApi, type V1Pod, type V1StatefulSet } from '@kubernetes/client-node';
import { createObject } from '../cluster/create-object.js';
import { ensureImage } from '../images/ensure-image.js';
import { postgresData, postgresImage, postgresUser } from '../images/postgres-image.js';
import type { Say } from '../progress.js';
import { waitFor } from '../wait.js';

/** Where a PostgreSQL is to run as the pod `postgres-0`, and its superuser's password. */
export interface PostgresPlace {
  /** The stack whose real node it runs on. */
  stackName: string;
  kubeConfig: KubeConfig;
  namespace: string;
  password: string;
  say: Say;
}

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

/** Runs PostgreSQL in a namespace, as installations do, and waits until it is ready. Answers its address. */
export async function startPostgresPod(place: PostgresPlace): Promise<string> {
  const { stackName, kubeConfig, namespace, password, say } = place;
  await ensureImage(stackName, await postgresImage(say), say);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'postgres', namespace } };
  for (const object of [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { ...secret, stringData: { password } },
    describeStatefulSet(namespace),
  ])
    await createObject(kubeConfig, object);
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'postgres-0', namespace } };
  const next = `kubectl -n ${namespace} get pods`;
  return waitFor({ what: 'a ready pod postgres-0', seconds: 90, next }, async () => {
    const { status } = await api.read<V1Pod>(pod);
    return status?.containerStatuses?.every(({ ready }) => ready) === true && status.podIP;
  });
}
