import type { V1EndpointSlice, V1Pod, V1Service } from '@kubernetes/client-node';
import type { ApiServer } from './api-server.js';
import type { HttpRoute } from './http-route.js';
import { Mirror } from './mirror.js';

/** What the gateway knows about the cluster at one moment. */
export interface ClusterSnapshot {
  routes: readonly HttpRoute[];
  services: readonly V1Service[];
  slices: readonly V1EndpointSlice[];
  pods: readonly V1Pod[];
}

/** A copy of the four kinds of object that decide where requests go. */
export interface ClusterView {
  synced: Promise<unknown>;
  snapshot(): ClusterSnapshot;
}

/** Follows the cluster until the signal; calls `changed` after every change. */
export function followCluster(
  server: ApiServer,
  signal: AbortSignal,
  changed: () => void,
  say: (line: string) => void,
): ClusterView {
  const routes = new Mirror<HttpRoute>(server, '/apis/gateway.networking.k8s.io/v1/httproutes', changed, say);
  const services = new Mirror<V1Service>(server, '/api/v1/services', changed, say);
  const slices = new Mirror<V1EndpointSlice>(server, '/apis/discovery.k8s.io/v1/endpointslices', changed, say);
  const pods = new Mirror<V1Pod>(server, '/api/v1/pods', changed, say);
  const mirrors = [routes, services, slices, pods];
  for (const mirror of mirrors) void mirror.follow(signal);
  return {
    synced: Promise.all(mirrors.map((mirror) => mirror.synced)),
    snapshot: () => ({
      routes: routes.list(),
      services: services.list(),
      slices: slices.list(),
      pods: pods.list(),
    }),
  };
}
