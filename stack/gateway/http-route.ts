import type { KubernetesObject, V1Condition } from '@kubernetes/client-node';

/** A Service that receives a share of a rule's requests. */
export interface BackendReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  port?: number;
  weight?: number;
}

/** Requests that match are shared out over the backends by weight. */
export interface HttpRouteRule {
  matches?: {
    path?: { type?: string; value?: string };
    headers?: unknown[];
    queryParams?: unknown[];
    method?: string;
  }[];
  filters?: unknown[];
  backendRefs?: BackendReference[];
}

/** The Gateway that a route wants to be served by. */
export interface ParentReference {
  group?: string;
  kind?: string;
  name: string;
  namespace?: string;
  sectionName?: string;
  port?: number;
}

/** What one controller says about one parent of a route. */
export interface RouteParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions?: Condition[];
}

/** Like V1Condition, with the time as the text that custom objects carry. */
export type Condition = Omit<V1Condition, 'lastTransitionTime'> & { lastTransitionTime: string };

/** The part of a Gateway API HTTPRoute that the stack's gateway understands. */
export interface HttpRoute extends KubernetesObject {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: HttpRouteRule[] };
  status?: { parents?: RouteParentStatus[] };
}

/** The part of a Gateway API Gateway that the sample service needs. */
export interface Gateway extends KubernetesObject {
  spec: { gatewayClassName: string; listeners: { name: string; port: number; protocol: string }[] };
}
