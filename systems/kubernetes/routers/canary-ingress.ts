import { canaryName, managedBy } from '../canary.js';
import type { ManagedObject } from '../objects.js';

interface IngressPath {
  path?: string;
  pathType?: string;
  backend: { service?: { name: string; port?: unknown } };
}

interface IngressRule {
  host?: string;
  http?: { paths: IngressPath[] };
}

/** The parts of an Ingress that are read here. */
export interface Ingress extends ManagedObject {
  spec: { ingressClassName?: string; rules?: IngressRule[] };
}

const prefix = 'nginx.ingress.kubernetes.io/';
const isCanaryAnnotation = `${prefix}canary`;
const weightAnnotation = `${prefix}canary-weight`;

/** The class as it was written before there was a field for it. */
const classAnnotation = 'kubernetes.io/ingress.class';

/**
 * Annotations that a canary Ingress does not inherit from the main one: those of balancing and session affinity
 * (https://github.com/kubernetes/ingress-nginx/blob/controller-v1.12.0/docs/user-guide/nginx-configuration/annotations.md#canary).
 */
const ownAnnotations = new RegExp(`^${prefix}(load-balance|upstream-hash-by.*|affinity.*|session-cookie-.*)$`);

/** The main Ingress' rules, as far as they send to one Service. */
export function rulesTo({ spec }: Ingress, service: string): IngressRule[] {
  return (spec.rules ?? []).flatMap((rule) => {
    const paths = (rule.http?.paths ?? []).filter(({ backend }) => backend.service?.name === service);
    return paths.length > 0 ? [{ ...rule, http: { ...rule.http, paths } }] : [];
  });
}

function toCanary({ backend, ...path }: IngressPath): IngressPath {
  const { name = '', ...service } = backend.service ?? {};
  return { ...path, backend: { service: { ...service, name: canaryName(name) } } };
}

/** A second Ingress for the same requests, of which ingress-nginx sends this percentage to the canary's Service. */
export function canaryIngress(main: Ingress, service: string, percent: number): Ingress {
  const { namespace, name, annotations = {} } = main.metadata;
  const kept = Object.entries(annotations).filter(([key]) => key === classAnnotation || ownAnnotations.test(key));
  const rules = rulesTo(main, service).map((rule) => ({
    ...rule,
    http: { paths: (rule.http?.paths ?? []).map(toCanary) },
  }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      namespace,
      name: canaryName(name),
      labels: managedBy,
      annotations: { ...Object.fromEntries(kept), [isCanaryAnnotation]: 'true', [weightAnnotation]: String(percent) },
    },
    spec: { ...(main.spec.ingressClassName !== undefined && { ingressClassName: main.spec.ingressClassName }), rules },
  };
}

/** The percentage that an Ingress takes as a canary; 0 for none, and for one that is no canary. */
export function canaryWeight(ingress: Ingress | undefined): number {
  const { annotations = {} } = ingress?.metadata ?? {};
  return annotations[isCanaryAnnotation] === 'true' ? Number(annotations[weightAnnotation] ?? 0) : 0;
}

/** Whether both are canaries for the same host and path: ingress-nginx heeds only one of them. */
export function competesWith(left: Ingress, right: Ingress): boolean {
  const requests = ({ metadata, spec }: Ingress) =>
    metadata.annotations?.[isCanaryAnnotation] === 'true'
      ? (spec.rules ?? []).flatMap(({ host = '', http }) =>
          (http?.paths ?? []).map(({ path = '' }) => `${host} ${path}`),
        )
      : [];
  const taken = new Set(requests(left));
  return requests(right).some((request) => taken.has(request));
}
