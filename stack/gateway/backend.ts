import type { V1Endpoint, V1EndpointSlice, V1Pod } from '@kubernetes/client-node';
import { reachPod } from '../simulated/pods/local-ports.js';
import type { ClusterSnapshot } from './cluster-view.js';
import type { BackendReference } from './http-route.js';

/** Where a share of the requests goes: a Service, and the addresses of its pods that are ready. */
export interface Backend {
  /** Unique, and safe in nginx.conf: Kubernetes names hold no underscore. */
  upstream: string;
  service: string;
  addresses: string[];
}

/** Looks a reference up; the text says why it leads nowhere. */
export function resolveBackend(
  snapshot: ClusterSnapshot,
  reference: BackendReference,
  namespace: string,
): Backend | string {
  const { name, port } = reference;
  if ((reference.group ?? '') !== '' || (reference.kind ?? 'Service') !== 'Service') {
    return `${reference.kind} ${name} is not a Service`;
  }
  if (reference.namespace !== undefined && reference.namespace !== namespace) {
    return `Service ${reference.namespace}/${name} is in another namespace, which this gateway does not serve`;
  }
  const service = snapshot.services.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
  if (!service) return `Service ${namespace}/${name} does not exist`;
  const servicePort = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (!servicePort) return `Service ${namespace}/${name} has no port ${port}`;
  const slices = snapshot.slices.filter(
    ({ metadata }) => metadata?.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
  );
  const addresses = slices.flatMap((slice) => readyAddresses(slice, servicePort.name ?? '', snapshot.pods));
  return { upstream: `${namespace}_${name}_${port}`, service: name, addresses: [...new Set(addresses)].sort() };
}

// A pod that is going away has "ready: false" at once, so it gets no new request while it still serves its last ones.
function readyAddresses(slice: V1EndpointSlice, portName: string, pods: readonly V1Pod[]): string[] {
  const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
  if (port === undefined || slice.addressType !== 'IPv4') return [];
  // The API server writes an empty list as null, which its published type does not say.
  const endpoints = (slice.endpoints as V1Endpoint[] | null) ?? [];
  return endpoints
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses.slice(0, 1))
    .map((address) => reachPod(pods, address, port))
    .filter((address) => address !== undefined);
}
