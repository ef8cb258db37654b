import { PassThrough } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { messageOf, RunbookError } from '../../core/errors.js';
import { resources, type KubernetesApi } from './api.js';
import { tail, type CommandResult } from './job.js';
import { isOwnedBy, type Pod, type ReplicaSet } from './objects.js';
import { readDeployment, releasedContainer, showTarget, type Target } from './release.js';

interface Command {
  command: string[];
  timeoutSeconds: number;
}

async function readyPod(api: KubernetesApi, target: Target): Promise<{ pod: string; container: string }> {
  const deployment = await readDeployment(api, target);
  const labels = deployment.spec.selector.matchLabels ?? {};
  const sets = await api.list<ReplicaSet>(resources.replicaSets, target.namespace, labels);
  const own = sets.filter((set) => isOwnedBy(set, deployment));
  const pods = await api.list<Pod>(resources.pods, target.namespace, labels);
  const ready = pods.find(
    ({ metadata, status, ...pod }) =>
      !metadata.deletionTimestamp &&
      own.some((set) => isOwnedBy({ metadata, ...pod }, set)) &&
      status?.conditions?.some(({ type, status: on }) => type === 'Ready' && on === 'True'),
  );
  if (!ready) throw new RunbookError('NotFound', `pods of ${showTarget(target)}: expected a ready one, found none`);
  return { pod: ready.metadata.name, container: releasedContainer(deployment, target).name };
}

/**
 * Runs one command in a ready pod of the Deployment, as kubectl exec does.
 * @throws RunbookError NotFound, ClusterUnreachable, MigrationFailed when it does not end in time.
 */
export async function runInPod(
  api: KubernetesApi,
  target: Target,
  { command, timeoutSeconds }: Command,
): Promise<CommandResult> {
  const { pod, container } = await readyPod(api, target);
  const where = `${command.join(' ')} in pod ${target.namespace}/${pod}`;
  const out = new PassThrough();
  const chunks: Buffer[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk));
  let timer: NodeJS.Timeout | undefined;
  try {
    const status = await new Promise<V1Status>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new RunbookError('MigrationFailed', `${where}: expected an end within ${timeoutSeconds} s`)),
        timeoutSeconds * 1000,
      );
      new Exec(api.kubeConfig).exec(target.namespace, pod, container, command, out, out, null, false, resolve).then(
        (socket: { onclose: unknown }) => {
          // After the status this changes nothing; without one the connection broke.
          socket.onclose = () =>
            reject(new RunbookError('ClusterUnreachable', `${where}: the connection was lost before its end`));
        },
        (error: unknown) => reject(new RunbookError('ClusterUnreachable', `${where}: ${messageOf(error)}`)),
      );
    });
    const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
    const output = tail(Buffer.concat(chunks).toString('utf8'));
    return { exitCode: status.status === 'Success' ? 0 : Number(cause?.message ?? 1), output };
  } finally {
    clearTimeout(timer);
  }
}
