import { mkdir } from 'node:fs/promises';
import type { V1ConfigMap, V1Pod, V1Secret } from '@kubernetes/client-node';
import { describeError } from '../../stack-error.js';
import { ApiServer } from '../../gateway/api-server.js';
import { Mirror } from '../../gateway/mirror.js';
import { addressOfPod } from '../network.js';
import { isRunnable, linkPrograms } from './image.js';
import { PodFiles } from './records.js';
import type { RunnerSettings } from './settings.js';
import { SimulatedPod } from './simulated-pod.js';

/** Runs the storefront's pods of one node as processes of this machine, until the signal. */
export async function runPods(
  settings: RunnerSettings,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  await mkdir(settings.directory, { recursive: true, mode: 0o700 });
  const server = await ApiServer.fromKubeconfig(settings.kubeconfig);
  const path = await linkPrograms(settings.directory, settings.storefront);
  const running = new Map<string, SimulatedPod>();
  let count = 0;

  const start = (pod: V1Pod): void => {
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const files = new PodFiles(settings.directory, namespace, name);
    const read = readFrom(server, namespace, signal);
    const address = addressOfPod((count += 1));
    const started = new SimulatedPod(pod, { server, files, address, path, read, say });
    running.set(uid, started);
    started.start();
    say(`${namespace}/${name}: started as ${address}`);
  };
  const follow = (): void => {
    const pods = mirror.list().filter((pod) => isOurs(pod, settings.node));
    for (const pod of pods) {
      const known = running.get(pod.metadata?.uid ?? '');
      if (known === undefined && !isFinished(pod)) start(pod);
      const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
      if (deletionTimestamp === undefined) continue;
      const ending = running.get(pod.metadata?.uid ?? '')?.terminate(deletionGracePeriodSeconds);
      ending?.catch((error: unknown) => say(`${pod.metadata?.name}: ${describeError(error)}`));
    }
    const living = new Set(pods.map(({ metadata }) => metadata?.uid));
    for (const [uid, pod] of running) {
      if (living.has(uid)) continue;
      running.delete(uid);
      pod.kill().catch((error: unknown) => say(describeError(error)));
    }
  };
  const mirror: Mirror<V1Pod> = new Mirror<V1Pod>(server, '/api/v1/pods', follow, say);
  await mirror.follow(signal);
}

function isOurs({ spec }: V1Pod, node: string): boolean {
  return spec?.nodeName === node && spec.containers.some(({ image }) => isRunnable(image));
}

// One that ended before this runner began, or is still to be deleted after its end, is left to the garbage collector.
function isFinished({ status, metadata }: V1Pod): boolean {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return isOver && metadata?.deletionTimestamp === undefined;
}

function readFrom(server: ApiServer, namespace: string, signal: AbortSignal) {
  return async (kind: 'configmaps' | 'secrets', name: string): Promise<V1ConfigMap | V1Secret | undefined> => {
    try {
      return await server.read<V1ConfigMap | V1Secret>(`/api/v1/namespaces/${namespace}/${kind}/${name}`, signal);
    } catch (error) {
      if (describeError(error).includes('found 404')) return undefined;
      throw error;
    }
  };
}
