import type { KubernetesProof } from '../../../core/manifest.js';
import { RunbookError } from '../../../core/errors.js';
import { pathOf, type KubernetesApi } from '../../kubernetes/api.js';
import { isNotFound } from '../../kubernetes/failures.js';
import type { Source } from '../source.js';
import { cleanObject } from './clean-object.js';
import { discoverKinds, type Kind } from './discover.js';
import type { LiveObject } from './live-object.js';
import { isMadeByCluster, selectingServices } from './made-by-cluster.js';
import { inOrder, writeObjects } from './yaml-stream.js';

/** A namespace as a runbook names it. */
export interface NamespaceToBackUp {
  name: string;
  namespace: string;
  /** Kinds that are left out. */
  exclude: string[];
}

const pageSize = 500;

/** The objects of a namespace as a source, Secrets with them: the vault encrypts all of it. */
export function kubernetesSource(api: KubernetesApi, what: NamespaceToBackUp): Source {
  return {
    async check(signal) {
      const objects = await readNamespace(api, what, signal);
      const kinds = [...new Set(objects.map(({ kind }) => kind))];
      return kinds.map((kind) => `${objects.filter((object) => object.kind === kind).length} ${kind}`);
    },
    async backUp({ vault, signal, onProgress }) {
      const objects = await readNamespace(api, what, signal);
      // eslint-disable-next-line @typescript-eslint/require-await -- a stream, as the vault takes it
      const stream = async function* () {
        for (const text of writeObjects(objects)) {
          signal.throwIfAborted();
          onProgress(text.length);
          yield text;
        }
      };
      const sealed = await vault.seal(`kubernetes/${what.name}/objects.yaml.zst.age`, stream(), { signal });
      const entries = objects.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, name: metadata.name }));
      const { name, namespace } = what;
      return [{ kind: 'kubernetes', name, namespace, objects: sealed, entries } satisfies KubernetesProof];
    },
  };
}

/** What people and tools have made in a namespace, cleaned, in the order in which it can be made again. */
async function readNamespace(
  api: KubernetesApi,
  { namespace, exclude }: NamespaceToBackUp,
  signal: AbortSignal,
): Promise<LiveObject[]> {
  const space = await readSpace(api, namespace);
  const found = new Map<string, LiveObject>();
  for (const kind of await discoverKinds(api)) {
    if (exclude.includes(kind.kind)) continue;
    signal.throwIfAborted();
    // Some objects are in two groups, as Events: the first one that shows them counts.
    for (const object of await listAll(api, kind, namespace)) {
      const uid = object.metadata.uid ?? `${kind.apiVersion}/${kind.kind}/${object.metadata.name}`;
      if (!found.has(uid)) found.set(uid, object);
    }
  }
  const selecting = selectingServices([...found.values()]);
  const own = [...found.values()].filter((object) => !isMadeByCluster(object, selecting));
  return inOrder([space, ...own].map(cleanObject));
}

async function readSpace(api: KubernetesApi, namespace: string): Promise<LiveObject> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  try {
    const { spec: _, ...space } = (await api.call({ method: 'GET', path })) as LiveObject;
    return space;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new RunbookError('NotFound', `namespace ${namespace}: expected it in the cluster, found none`);
  }
}

async function listAll(api: KubernetesApi, { apiVersion, kind, resource }: Kind, namespace: string) {
  const all: LiveObject[] = [];
  let next = '';
  do {
    const path = `${pathOf(resource, namespace)}?limit=${pageSize}&continue=${encodeURIComponent(next)}`;
    const page = (await api.call({ method: 'GET', path })) as {
      items: LiveObject[];
      metadata?: { continue?: string };
    };
    // Of what is in a list the API does not say the kind.
    for (const item of page.items) all.push({ ...item, apiVersion, kind });
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return all;
}
