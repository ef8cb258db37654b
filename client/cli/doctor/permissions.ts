/** One right that the cluster's worker needs in a namespace. */
export interface Permission {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
}

function each(group: string, resource: string, verbs: readonly string[]): Permission[] {
  return verbs.map((verb) => ({ verb, group, resource }));
}

/** To run a program in a pod: before 1.35 Kubernetes asks for the one, since then for the other. */
export const inPods: readonly Permission[] = ['get', 'create'].map((verb) => ({
  ...{ verb, group: '', resource: 'pods', subresource: 'exec' },
}));

/** What backing a namespace up takes besides listing each kind of object in it. */
export const backupPermissions: readonly Permission[] = [...each('', 'namespaces', ['get']), ...inPods];

/** What a drill does with namespaces of its own, whose names nobody knows before. */
export const drillPermissions: readonly Permission[] = each('', 'namespaces', ['create', 'delete']);

/** Everything that releases do in a namespace. Server-side apply needs patch, and create for what is new. */
export const neededPermissions: readonly Permission[] = [
  ...each('apps', 'deployments', ['get', 'list', 'create', 'patch', 'delete']),
  ...each('apps', 'replicasets', ['list']),
  ...each('', 'pods', ['list']),
  { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
  ...inPods,
  // The judge's second eye, where it reaches pods through the API server.
  { verb: 'get', group: '', resource: 'pods', subresource: 'proxy' },
  ...each('', 'services', ['get', 'create', 'patch', 'delete']),
  ...each('', 'configmaps', ['get', 'create', 'patch', 'delete']),
  ...each('', 'secrets', ['get']),
  ...each('batch', 'jobs', ['get', 'create', 'patch']),
  ...each('discovery.k8s.io', 'endpointslices', ['list']),
  ...each('gateway.networking.k8s.io', 'httproutes', ['get', 'update']),
  ...each('networking.k8s.io', 'ingresses', ['get', 'list', 'create', 'patch', 'delete']),
  ...each('networking.istio.io', 'virtualservices', ['get', 'update']),
];

/** A right as people write it: "patch deployments.apps", "create pods/exec". */
export function describePermission({ verb, group, resource, subresource }: Permission): string {
  return `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`;
}
