import type { KubernetesApi } from '../api.js';
import type { BackendRef } from '../objects.js';
import type { Target } from '../release.js';
import type { RouteDestination } from './destinations.js';
import { createHttpRouteRouter } from './http-route.js';
import { createIngressRouter } from './ingress-nginx.js';
import { createIstioRouter } from './istio.js';
import { createReplicaRouter } from './replicas.js';

/** How the traffic is shared out, as a runbook says it. */
export type RouterChoice =
  | { by: 'httpRoute'; httpRoute: string; service: string }
  | { by: 'ingressNginx'; ingress: string; service: string }
  | { by: 'istio'; virtualService: string; service: string; route?: string | undefined }
  | { by: 'replicas' };

/** What is released, and how many pods all of its traffic needs. */
export interface RouterTarget extends Target {
  replicas: number;
}

/** What a router found before the canary, in plain JSON: it travels in the plan. Empty where there is nothing to remember. */
export interface Before {
  /** Of each rule of an HTTPRoute. */
  backends?: BackendRef[][];
  /** Of each HTTP route of a VirtualService. */
  destinations?: RouteDestination[][];
}

/**
 * Something that shares traffic out between the stable version and the canary. Every change is read back, and made once
 * however often it is asked for: a lost answer is followed by the same request again.
 */
export interface Router {
  /** For example "httproute shop/web". */
  where: string;
  /** The stable Service, where the canary needs one of its own beside it. */
  ownService: string | undefined;
  /** Longest time that requests may follow the earlier weight after a change was confirmed; 0 where confirmed means in force. */
  lagSeconds: number;
  /** What is there now. Lets the server check that we may change it; changes nothing. */
  rehearse(): Promise<Before>;
  /** Sends this percentage to the canary, waits until that is confirmed, and says what was. */
  set(percent: number): Promise<string>;
  /** The percentage on the canary, read back. */
  weight(): Promise<number>;
  /** Makes it as it was before the canary, waits until that is confirmed, and says what was. */
  restore(before: Before): Promise<string>;
}

/** The router that a runbook chose. */
export function createRouter(api: KubernetesApi, target: RouterTarget, traffic: RouterChoice): Router {
  switch (traffic.by) {
    case 'httpRoute':
      return createHttpRouteRouter(api, { namespace: target.namespace, ...traffic });
    case 'ingressNginx':
      return createIngressRouter(api, { namespace: target.namespace, ...traffic });
    case 'istio':
      return createIstioRouter(api, { namespace: target.namespace, ...traffic });
    case 'replicas':
      return createReplicaRouter(api, target);
  }
}
