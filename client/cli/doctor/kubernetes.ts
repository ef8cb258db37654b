import {
  ApisApi,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  V1ResourceAttributes,
  V1SelfSubjectAccessReview,
  V1SelfSubjectAccessReviewSpec,
  VersionApi,
} from '@kubernetes/client-node';
import { messageOf } from '../../../core/errors.js';
import { check, type Finding } from './findings.js';
import {
  backupPermissions,
  describePermission,
  drillPermissions,
  neededPermissions,
  type Permission,
} from './permissions.js';

/** There are dozens of kinds, and a busy API server answers a few questions at a time. */
const manyRightsTimeoutMs = 30_000;

async function isAllowed(api: AuthorizationV1Api, namespace: string, permission: Permission): Promise<boolean> {
  const { verb, group, resource, subresource } = permission;
  const body = new V1SelfSubjectAccessReview();
  body.spec = new V1SelfSubjectAccessReviewSpec();
  body.spec.resourceAttributes = Object.assign(new V1ResourceAttributes(), {
    namespace,
    verb,
    group,
    resource,
    subresource,
  });
  const answer = await api.createSelfSubjectAccessReview({ body });
  return answer.status?.allowed === true;
}

async function findDenied(
  api: AuthorizationV1Api,
  namespace: string,
  needed: readonly Permission[],
): Promise<string[]> {
  const allowed = await Promise.all(needed.map((permission) => isAllowed(api, namespace, permission)));
  return needed.filter((_, index) => !allowed[index]).map(describePermission);
}

async function findRights(api: AuthorizationV1Api, namespace: string): Promise<string> {
  const denied = await findDenied(api, namespace, neededPermissions);
  if (denied.length > 0) throw new Error(`may not ${denied.join(', ')}`);
  return `all ${neededPermissions.length} are there`;
}

/** To list each kind of object in a namespace that can be made again: a backup leaves none of them out. */
async function findKinds(config: KubeConfig): Promise<Permission[]> {
  const { groups } = await config.makeApiClient(ApisApi).getAPIVersions();
  const custom = config.makeApiClient(CustomObjectsApi);
  const lists = await Promise.all([
    config
      .makeApiClient(CoreV1Api)
      .getAPIResources()
      .then(({ resources }) => ({ group: '', resources })),
    ...groups.map(async ({ name: group, preferredVersion, versions }) => {
      const version = (preferredVersion ?? versions[0])?.version ?? '';
      const { resources } = await custom.getAPIResources({ group, version });
      return { group, resources };
    }),
  ]);
  return lists.flatMap(({ group, resources }) =>
    resources
      .filter(({ name, namespaced, verbs }) => namespaced && !name.includes('/') && canReturn(verbs))
      .map(({ name: resource }) => ({ verb: 'list', group, resource })),
  );
}

function canReturn(verbs: readonly string[]): boolean {
  return ['list', 'create'].every((verb) => verbs.includes(verb));
}

/** The rights to back a namespace up, to run programs in its pods, and to drill it in another one. */
function examineBackupRights(config: KubeConfig, namespace: string): Promise<Finding> {
  const next = `grant them to the worker’s account: a Role in ${namespace}, a ClusterRole for namespaces`;
  return check(
    `rights to back up ${namespace}`,
    next,
    async () => {
      const api = config.makeApiClient(AuthorizationV1Api);
      const own = [...backupPermissions, ...(await findKinds(config))];
      const [denied, deniedToDrills] = await Promise.all([
        findDenied(api, namespace, own),
        findDenied(api, '', drillPermissions),
      ]);
      const missing = [
        ...(denied.length > 0 ? [`may not ${denied.join(', ')}`] : []),
        ...(deniedToDrills.length > 0 ? [`for drills may not ${deniedToDrills.join(', ')}`] : []),
      ];
      if (missing.length > 0) throw new Error(missing.join('; '));
      return `all ${own.length + drillPermissions.length} are there`;
    },
    manyRightsTimeoutMs,
  );
}

async function readVersion(config: KubeConfig): Promise<string> {
  const server = config.getCurrentCluster()?.server ?? 'no cluster';
  try {
    const { gitVersion } = await config.makeApiClient(VersionApi).getCode();
    return `${gitVersion} at ${server}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? (messageOf(error).split('\n')[0] ?? '') : code;
    throw new Error(`${server}: ${reason}`, { cause: error });
  }
}

/** Where the rights are looked at: of releases, of backups. */
export interface ExaminedNamespaces {
  namespaces: readonly string[];
  backups: readonly string[];
}

/** Kubernetes as this user sees it: kubeconfig, reachable, and the rights that the cluster's worker needs. */
export async function examineKubernetes({ namespaces, backups }: ExaminedNamespaces): Promise<Finding[]> {
  const config = new KubeConfig();
  const loaded = await check('kubeconfig', 'set KUBECONFIG to the file of the cluster', () => {
    config.loadFromDefault();
    // What the library makes up when it finds nothing.
    if (config.getCurrentContext() === 'loaded-context') throw new Error('none found');
    return `context ${config.getCurrentContext()}`;
  });
  if (!loaded.ok) return [loaded];
  const cluster = await check('cluster', 'check the address in the kubeconfig and that the cluster runs', () =>
    readVersion(config),
  );
  if (!cluster.ok) return [loaded, cluster];
  const api = config.makeApiClient(AuthorizationV1Api);
  const rights = namespaces.map((namespace) => {
    const next = `grant them to the worker’s account with a Role and a RoleBinding in ${namespace}`;
    return check(`rights in ${namespace}`, next, () => findRights(api, namespace));
  });
  const backupRights = backups.map((namespace) => examineBackupRights(config, namespace));
  return [loaded, cluster, ...(await Promise.all([...rights, ...backupRights]))];
}
