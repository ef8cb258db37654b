import { parse, stringify } from 'yaml';
import { readLines } from '../read-lines.js';
import type { LiveObject } from './live-object.js';

const separator = '---';

// What is needed before something else, and what needs everything else; whatever is not named comes in between.
const first = [
  ...['Namespace', 'LimitRange', 'ResourceQuota', 'ServiceAccount', 'Role', 'RoleBinding', 'NetworkPolicy'],
  ...['ConfigMap', 'Secret', 'PersistentVolumeClaim', 'Service', 'Endpoints', 'EndpointSlice'],
];
const last = [
  ...['Pod', 'ReplicationController', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Deployment', 'Job', 'CronJob'],
  ...['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Ingress'],
];

function rank(kind: string): number {
  const at = first.indexOf(kind);
  return at >= 0 ? at : first.length + last.indexOf(kind) + 1;
}

/** In the order in which they can be made; the same objects always in the same one. */
export function inOrder(objects: LiveObject[]): LiveObject[] {
  const key = ({ apiVersion, kind, metadata }: LiveObject) => `${apiVersion}/${kind}/${metadata.name}`;
  return objects.toSorted((one, other) => rank(one.kind) - rank(other.kind) || (key(one) < key(other) ? -1 : 1));
}

/**
 * The objects as `kubectl apply -f -` takes them. Every string and key is quoted: kubectl reads YAML 1.1, where `on` and `012` are not
 * what they are in 1.2. So a line of three dashes is nothing but a separator.
 */
export function* writeObjects(objects: LiveObject[]): Generator<Buffer, void, void> {
  for (const object of objects) {
    const text = stringify(object, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE', lineWidth: 0 });
    yield Buffer.from(`${separator}\n${text}`);
  }
}

/** What `writeObjects` wrote, one after another. */
export async function* readObjects(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LiveObject, void, void> {
  let lines: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line !== separator) lines.push(line);
    else {
      if (lines.length > 0) yield parse(lines.join('\n')) as LiveObject;
      lines = [];
    }
  }
  if (lines.length > 0) yield parse(lines.join('\n')) as LiveObject;
}
