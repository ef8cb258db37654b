import {
  AuthorizationV1Api,
  KubeConfig,
  V1ResourceAttributes,
  V1SelfSubjectAccessReview,
  V1SelfSubjectAccessReviewSpec,
  VersionApi,
} from '@kubernetes/client-node';
import { messageOf } from '../../../core/errors.js';
import { check, type Finding } from './findings.js';
import { describePermission, neededPermissions, type Permission } from './permissions.js';

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

async function findRights(api: AuthorizationV1Api, namespace: string): Promise<string> {
  const allowed = await Promise.all(neededPermissions.map((permission) => isAllowed(api, namespace, permission)));
  const denied = neededPermissions.filter((_, index) => !allowed[index]).map(describePermission);
  if (denied.length > 0) throw new Error(`may not ${denied.join(', ')}`);
  return `all ${neededPermissions.length} are there`;
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

/** Kubernetes as this user sees it: kubeconfig, reachable, and the rights that the cluster's worker needs. */
export async function examineKubernetes(namespaces: readonly string[]): Promise<Finding[]> {
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
  return [loaded, cluster, ...(await Promise.all(rights))];
}
