import type { ControlPlaneNetwork } from '../cluster/network.js';

/**
 * The addresses of pods and Services that only exist in the API server: a range for benchmarks, to which no machine should have a
 * route (https://www.rfc-editor.org/rfc/rfc2544#appendix-C.2.2). EndpointSlices refuse the loopback addresses that would be true.
 */
const ranges = {
  /** Pods with a local process. */
  processes: '198.18.',
  /** Pods that kwok makes up. */
  inventions: '198.19.0.1/17',
  services: '198.19.128.0/20',
};

/** Whether an address is a simulated pod's, and so leads nowhere by itself. */
export function isSimulatedAddress(address: string): boolean {
  return address.startsWith(ranges.processes) || address.startsWith('198.19.');
}

/** The address of the n-th pod with a local process, from 1 on; after 65 000 pods they come again. */
export function addressOfPod(n: number): string {
  const place = 1 + ((n - 1) % 65_000);
  return `${ranges.processes}${Math.floor(place / 256)}.${place % 256}`;
}

/** The range from which kwok takes addresses. */
export const inventedPodRange = ranges.inventions;

/** The network of a simulated node: its servers are on loopback. */
export function describeSimulatedNetwork(name: string): ControlPlaneNetwork {
  return {
    nodeName: `trb-${name}`,
    nodeAddress: '127.0.0.1',
    podRange: '198.18.0.0/15',
    serviceRange: ranges.services,
    apiServiceAddress: '198.19.128.1',
  };
}
