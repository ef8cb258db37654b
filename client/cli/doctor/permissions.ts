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

/** Everything that releases do in a namespace. */
export const neededPermissions: readonly Permission[] = [
  ...each('apps', 'deployments', ['get', 'patch', 'create', 'delete']),
  ...each('apps', 'replicasets', ['list']),
  ...each('', 'pods', ['get', 'list']),
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec' },
  ...each('', 'services', ['get', 'create', 'delete']),
  ...each('', 'configmaps', ['get', 'create', 'delete']),
  ...each('batch', 'jobs', ['get', 'create', 'delete']),
  ...each('gateway.networking.k8s.io', 'httproutes', ['get', 'patch']),
];

/** A right as people write it: "patch deployments.apps", "create pods/exec". */
export function describePermission({ verb, group, resource, subresource }: Permission): string {
  return `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`;
}
