import type { LiveObject } from './live-object.js';

const passing: ReadonlySet<string> = new Set(['Event', 'Lease']);

/**
 * Whether an object is none that a person or a tool has made: the cluster makes it again, or it is over.
 * @param selecting names of the Services that choose pods by themselves
 */
export function isMadeByCluster(object: LiveObject, selecting: ReadonlySet<string>): boolean {
  const { kind, metadata } = object;
  if (metadata.deletionTimestamp !== undefined || passing.has(kind)) return true;
  if (metadata.ownerReferences?.some(({ controller }) => controller)) return true;
  switch (kind) {
    case 'ConfigMap':
      return metadata.name === 'kube-root-ca.crt';
    case 'ServiceAccount':
      return metadata.name === 'default' && holdsNothing(object);
    case 'Service':
      return metadata.namespace === 'default' && metadata.name === 'kubernetes';
    case 'Endpoints':
      return selecting.has(metadata.name) || (metadata.namespace === 'default' && metadata.name === 'kubernetes');
    case 'EndpointSlice':
      return metadata.labels?.['endpointslice.kubernetes.io/managed-by']?.endsWith('.k8s.io') ?? false;
    // Made again, it would run again: https://velero.io/docs/v1.17/restore-reference/
    case 'Job':
      return object.status?.conditions?.some(isOver) ?? false;
    case 'Pod':
      return (
        ['Succeeded', 'Failed'].includes(object.status?.phase ?? '') ||
        metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined
      );
    default:
      return false;
  }
}

/** The Services whose Endpoints the cluster makes. */
export function selectingServices(objects: LiveObject[]): ReadonlySet<string> {
  const selecting = objects.filter(({ kind, spec }) => kind === 'Service' && spec?.['selector'] !== undefined);
  return new Set(selecting.map(({ metadata }) => metadata.name));
}

function isOver({ type, status }: { type: string; status: string }): boolean {
  return ['Complete', 'Failed'].includes(type) && status === 'True';
}

function holdsNothing({ metadata, ...account }: LiveObject): boolean {
  const own = [metadata.labels, metadata.annotations, account['imagePullSecrets'], account['secrets']];
  return own.every((value) => value === undefined || Object.keys(value as object).length === 0);
}
