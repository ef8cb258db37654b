import { setTimeout as pause } from 'node:timers/promises';
import type { KubernetesProof } from '../../../core/manifest.js';
import { messageOf, RunbookError } from '../../../core/errors.js';
import { pathOf, type KubernetesApi } from '../../kubernetes/api.js';
import { ApiFailure, isNotFound } from '../../kubernetes/failures.js';
import type { Restoring, Scratch } from '../source.js';
import { discoverKinds } from './discover.js';
import { showObject, type LiveObject } from './live-object.js';
import { compareObject, isInert, toScratch } from './scratch-form.js';
import { readObjects } from './yaml-stream.js';

const label = 'temporal-runbooks/drill';
const goneSeconds = 300;
const quota = { group: 'core', plural: 'resourcequotas' } as const;

type Create = (object: LiveObject, rehearse: boolean) => Promise<LiveObject>;

/** A namespace of its own for one drill: its name begins with `drill-`, and one that this drill has not made is never touched. */
export function scratchNamespace(
  api: KubernetesApi,
  begin: string,
  proof: KubernetesProof,
  run: string,
): Scratch & { namespace: string } {
  const namespace = `${begin}-${run}-${proof.name}`.slice(0, 63).replace(/-+$/, '');
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const find = async () => {
    try {
      return (await api.call({ method: 'GET', path })) as LiveObject;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const remove = async () => {
    refuseOther(namespace, run, await find());
    for (let waited = 0; ; waited += 1) {
      const found = await find();
      if (!found) return;
      if (found.metadata.deletionTimestamp === undefined)
        await api.call({ method: 'DELETE', path }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      if (waited >= goneSeconds)
        throw new RunbookError(
          'ReadBackFailed',
          `namespace ${namespace}: expected it gone, found it after ${waited} s`,
        );
      await pause(1000);
    }
  };
  return {
    namespace,
    async prepare() {
      await remove();
      const metadata = { name: namespace, labels: { [label]: run } };
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata };
      await api.call({ method: 'POST', path: '/api/v1/namespaces', body });
    },
    restore: (restoring) => restore(api, proof, namespace, restoring),
    compare: (restoring) => compare(api, proof, namespace, restoring),
    remove,
  };
}

/** @throws RunbookError Refused when a namespace is not this drill's own. */
function refuseOther(namespace: string, run: string, found: LiveObject | undefined): void {
  const next = 'give "into.kubernetes" a name that begins with drill- and that nobody else has';
  if (!namespace.startsWith('drill-'))
    throw new RunbookError('Refused', `namespace ${namespace}: expected a name that begins with drill-; ${next}`);
  if (found && found.metadata.labels?.[label] !== run)
    throw new RunbookError('Refused', `namespace ${namespace}: expected none, found one of somebody else; ${next}`);
}

async function restore(
  api: KubernetesApi,
  proof: KubernetesProof,
  namespace: string,
  restoring: Restoring,
): Promise<void> {
  const create = await creator(api, namespace);
  const objects = (await readAll(proof, namespace, restoring)).filter(isInert);
  const [pods, others] = [true, false].map((pod) => objects.filter(({ kind }) => (kind === 'Pod') === pod));
  // A quota that is there refuses pods, also those that nothing schedules.
  for (const object of pods ?? []) await create(object, false);
  const none = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'no-pods', namespace } };
  await api.apply(quota, { ...none, spec: { hard: { pods: '0' } } } as LiveObject);
  for (const object of others ?? []) {
    restoring.signal.throwIfAborted();
    await create(object, false);
  }
}

async function compare(
  api: KubernetesApi,
  proof: KubernetesProof,
  namespace: string,
  restoring: Restoring,
): Promise<string[]> {
  const create = await creator(api, namespace);
  const find = await finder(api, namespace);
  const differences: string[] = [];
  const objects = await readAll(proof, namespace, restoring);
  for (const object of objects) {
    restoring.signal.throwIfAborted();
    const found = await (isInert(object) ? find(object) : create(object, true)).catch((error: unknown) => {
      if (error instanceof ApiFailure && ['Refused', 'Forbidden', 'NotFound'].includes(error.code)) return error;
      throw error;
    });
    const difference =
      found instanceof ApiFailure ? `${showObject(object)}: ${messageOf(found)}` : compareObject(object, found);
    if (difference !== undefined) differences.push(difference);
  }
  // The namespace itself is the one that was not made again.
  const missing = proof.entries.length - 1 - objects.length;
  return missing === 0 ? differences : [...differences, `${missing} objects: are missing in ${proof.objects.key}`];
}

async function readAll(proof: KubernetesProof, namespace: string, { vault, signal, onProgress }: Restoring) {
  const objects: LiveObject[] = [];
  const counted = async function* () {
    for await (const chunk of vault.open(proof.objects, { signal })) {
      onProgress(chunk.length);
      yield chunk;
    }
  };
  for await (const object of readObjects(counted()))
    if (object.kind !== 'Namespace') objects.push(toScratch(object, namespace));
  return objects;
}

async function pathsOf(api: KubernetesApi, namespace: string): Promise<(object: LiveObject, name?: string) => string> {
  const kinds = new Map((await discoverKinds(api)).map((each) => [`${each.apiVersion}/${each.kind}`, each.resource]));
  return (object, name) => {
    const resource = kinds.get(`${object.apiVersion}/${object.kind}`);
    if (resource) return pathOf(resource, namespace, name);
    throw new RunbookError(
      'Refused',
      `${showObject(object)}: expected a cluster that knows ${object.apiVersion}, found one that does not; install it there`,
    );
  };
}

async function creator(api: KubernetesApi, namespace: string): Promise<Create> {
  const find = await pathsOf(api, namespace);
  return async (object, rehearse) => {
    const dry = rehearse ? '?dryRun=All' : '';
    try {
      return (await api.call({ method: 'POST', path: `${find(object)}${dry}`, body: object })) as LiveObject;
    } catch (error) {
      // An answer may have been lost; and the cluster itself makes the default account.
      if (!(error instanceof ApiFailure) || error.reason !== 'AlreadyExists') throw error;
      const path = `${find(object, object.metadata.name)}?fieldManager=temporal-runbooks&force=true`;
      const contentType = 'application/apply-patch+yaml';
      return (await api.call({ method: 'PATCH', path, body: object, contentType })) as LiveObject;
    }
  };
}

async function finder(api: KubernetesApi, namespace: string): Promise<(object: LiveObject) => Promise<LiveObject>> {
  const find = await pathsOf(api, namespace);
  return async (object) => (await api.call({ method: 'GET', path: find(object, object.metadata.name) })) as LiveObject;
}
