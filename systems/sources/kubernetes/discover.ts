import type { KubernetesApi, Resource } from '../../kubernetes/api.js';

/** A kind of object that lies in namespaces, and can be listed and made again. */
export interface Kind {
  apiVersion: string;
  kind: string;
  resource: Resource;
}

interface ResourceList {
  resources: Array<{ name: string; kind: string; namespaced: boolean; verbs: string[] }>;
}

interface GroupList {
  groups: Array<{ preferredVersion: { groupVersion: string } }>;
}

/**
 * Every such kind that the cluster knows, each group in the version that it prefers.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-discovery
 * @throws RunbookError of the API: a group that does not answer would else be missing from the backup.
 */
export async function discoverKinds(api: KubernetesApi): Promise<Kind[]> {
  const { groups } = (await api.call({ method: 'GET', path: '/apis' })) as GroupList;
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const kinds: Kind[] = [];
  for (const apiVersion of versions) {
    const path = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const { resources } = (await api.call({ method: 'GET', path })) as ResourceList;
    for (const { name, kind, namespaced, verbs } of resources) {
      const isObject = namespaced && !name.includes('/') && ['list', 'create'].every((verb) => verbs.includes(verb));
      if (isObject) kinds.push({ apiVersion, kind, resource: resourceOf(apiVersion, name) });
    }
  }
  return kinds;
}

function resourceOf(apiVersion: string, plural: string): Resource {
  return { group: apiVersion === 'v1' ? 'core' : (apiVersion as `${string}/${string}`), plural };
}
