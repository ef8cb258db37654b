import { isDeepStrictEqual } from 'node:util';
import { cleanObject } from './clean-object.js';
import { showObject, type LiveObject } from './live-object.js';

// Made for real in a scratch namespace, whose quota lets no pod start. What is not named here may act outside of it (a route of
// the shared gateway, a certificate, a cloud's disk or address, whatever an operator does): the API server rehearses it.
const inert: ReadonlySet<string> = new Set([
  ...['LimitRange', 'ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'EndpointSlice'],
  ...['NetworkPolicy', 'Pod', 'ReplicaSet', 'DaemonSet', 'Deployment', 'Job', 'CronJob', 'PodDisruptionBudget'],
]);
const builtIn = /^(v1|(apps|batch|policy)\/v1|[a-z.]+\.k8s\.io\/v1)$/;

/** Whether an object is made in a scratch namespace, or only rehearsed there: checked by the API server, and kept nowhere. */
export function isInert({ apiVersion, kind, spec }: LiveObject): boolean {
  if (!builtIn.test(apiVersion)) return false;
  if (kind !== 'Service') return inert.has(kind);
  const type = (spec?.['type'] as string | undefined) ?? 'ClusterIP';
  return ['ClusterIP', 'ExternalName'].includes(type) && spec?.['externalIPs'] === undefined;
}

/** An object of a backup as it is made in the scratch namespace: nothing schedules its pods, and it takes no port of the nodes. */
export function toScratch(object: LiveObject, namespace: string): LiveObject {
  const copy = structuredClone(object);
  copy.metadata.namespace = namespace;
  if (copy.kind === 'Pod' && copy.spec) copy.spec['schedulerName'] = 'nobody';
  if (copy.kind === 'Service' && copy.spec) withoutNodePorts(copy.spec);
  return copy;
}

/** How an object differs from what was made of it, in words; undefined when it does not. */
export function compareObject(wanted: LiveObject, found: LiveObject): string | undefined {
  const after = cleanObject(found);
  if (after.kind === 'Service' && after.spec) withoutNodePorts(after.spec);
  const path = firstDifference(wanted, after);
  return path === undefined ? undefined : `${showObject(wanted)}: ${path} is not as in the backup`;
}

function withoutNodePorts(spec: Record<string, unknown>): void {
  delete spec['healthCheckNodePort'];
  for (const port of (spec['ports'] ?? []) as Array<{ nodePort?: number }>) delete port.nodePort;
}

/** Where two values begin to differ; never the values, which may be of a Secret. */
function firstDifference(wanted: unknown, found: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(wanted, found)) return undefined;
  if (!isNested(wanted) || !isNested(found) || Array.isArray(wanted) !== Array.isArray(found)) return path || '.';
  const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  for (const key of keys) {
    const below = firstDifference(wanted[key], found[key], `${path}.${key}`);
    if (below !== undefined) return below;
  }
  return undefined;
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
