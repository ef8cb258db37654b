import type { V1Pod } from '@kubernetes/client-node';
import { isSimulatedAddress } from '../network.js';

/** On a pod with a local process: which of its ports is which port of this machine, such as `8080=21034`. */
export const localPortsAnnotation = 'runbooks.local/local-ports';

/** The annotation's text. */
export function renderLocalPorts(ports: Readonly<Record<string, number>>): string {
  return Object.entries(ports)
    .map(([port, local]) => `${port}=${local}`)
    .join(',');
}

/**
 * Where a pod's port is reached from this machine. A simulated pod's address leads nowhere: its local process is reached instead,
 * and if there is none, nothing. Every other address stands for itself.
 */
export function reachPod(pods: readonly V1Pod[], address: string, port: number | string): string | undefined {
  if (!isSimulatedAddress(address)) return `${address}:${port}`;
  const pod = pods.find(({ status }) => status?.podIP === address);
  const pairs = pod?.metadata?.annotations?.[localPortsAnnotation]?.split(',') ?? [];
  const local = pairs.find((pair) => pair.startsWith(`${port}=`))?.split('=')[1];
  return local === undefined ? undefined : `127.0.0.1:${local}`;
}
