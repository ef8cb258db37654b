import type { LiveObject } from './live-object.js';

type Fields = Record<string, unknown>;

// Filled in by the API server or by controllers: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
const filledMetadata = [
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink', 'generateName'],
  // An owner of another uid would have the object collected as garbage; what a finalizer waits for is not there.
  ...['ownerReferences', 'finalizers', 'deletionGracePeriodSeconds'],
];
const filledAnnotations =
  /^(deployment\.kubernetes\.io\/revision|(pv|volume)\.(beta\.)?kubernetes\.io\/.*|endpoints\.kubernetes\.io\/last-change-trigger-time|kubernetes\.io\/service-account\.uid)$/;
const jobLabels = ['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name'];
const tokenVolume = /^kube-api-access-\w{5}$/;

/** What of an object somebody has said: without what the cluster fills in, and so as it can be made again. */
export function cleanObject(object: LiveObject): LiveObject {
  const { status: _, ...copy } = structuredClone(object);
  const cleaned = copy as LiveObject;
  const metadata = cleaned.metadata as unknown as Fields;
  drop(metadata, filledMetadata);
  const { annotations } = cleaned.metadata;
  if (annotations) {
    drop(
      annotations,
      Object.keys(annotations).filter((name) => isFilled(name, object)),
    );
    if (Object.keys(annotations).length === 0) delete metadata['annotations'];
  }
  cleaners[object.kind]?.(cleaned, object);
  return cleaned;
}

function isFilled(annotation: string, { kind }: LiveObject): boolean {
  if (annotation.startsWith('pv.') || annotation.startsWith('volume.'))
    return kind === 'PersistentVolumeClaim' && filledAnnotations.test(annotation);
  return filledAnnotations.test(annotation);
}

const cleaners: Record<string, (cleaned: LiveObject, object: LiveObject) => void> = {
  Service({ spec }) {
    if (spec && spec['clusterIP'] !== 'None') drop(spec, ['clusterIP', 'clusterIPs']);
  },
  PersistentVolumeClaim({ spec }, { metadata }) {
    const boundByCluster = metadata.annotations?.['pv.kubernetes.io/bound-by-controller'] === 'yes';
    if (spec && boundByCluster) drop(spec, ['volumeName']);
  },
  Job({ spec, metadata }) {
    if (!spec || spec['manualSelector'] === true) return;
    drop(spec, ['selector']);
    const template = (spec['template'] as { metadata?: { labels?: Fields } } | undefined)?.metadata;
    for (const labels of [template?.labels, metadata.labels]) if (labels) drop(labels, jobLabels);
  },
  Pod({ spec }) {
    if (!spec) return;
    drop(spec, ['nodeName']);
    const isToken = ({ name }: { name: string }) => tokenVolume.test(name);
    withoutThose(spec, 'volumes', isToken);
    for (const list of ['containers', 'initContainers'])
      for (const container of (spec[list] ?? []) as Fields[]) withoutThose(container, 'volumeMounts', isToken);
  },
  // The cluster puts a token of its own into it.
  Secret(cleaned) {
    if (cleaned['type'] === 'kubernetes.io/service-account-token') drop(cleaned, ['data']);
  },
};

function drop(fields: Fields, names: string[]): void {
  for (const name of names) Reflect.deleteProperty(fields, name);
}

function withoutThose(fields: Fields, name: string, isOut: (value: { name: string }) => boolean): void {
  const values = fields[name] as Array<{ name: string }> | undefined;
  if (!values) return;
  const kept = values.filter((value) => !isOut(value));
  if (kept.length === 0) drop(fields, [name]);
  else fields[name] = kept;
}
