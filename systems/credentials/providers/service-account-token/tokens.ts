import { KubeConfig } from '@kubernetes/client-node';
import { RunbookError } from '../../../../core/errors.js';
import { KubernetesApi, pathOf, resources } from '../../../kubernetes/api.js';

const authentication = '/apis/authentication.k8s.io/v1';

/** A service account, and whom its tokens are for. */
export interface Account {
  namespace: string;
  serviceAccount: string;
  /** None: the API server itself. */
  audiences?: readonly string[] | undefined;
}

/** What the API server says of a token. */
export interface Review {
  authenticated?: boolean;
  error?: string;
  user?: { username?: string };
}

/**
 * Has a token made that dies with a Secret.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
export async function requestToken(
  api: KubernetesApi,
  { namespace, serviceAccount, audiences }: Account,
  secret: { name: string; uid: string },
  expirationSeconds: number,
): Promise<{ token: string; expiresAt: string }> {
  const boundObjectRef = { kind: 'Secret', apiVersion: 'v1', ...secret };
  const answer = (await api.call({
    method: 'POST',
    path: `${pathOf(resources.serviceAccounts, namespace, serviceAccount)}/token`,
    body: {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
      spec: { expirationSeconds, boundObjectRef, ...(audiences && { audiences }) },
    },
  })) as { status?: { token?: string; expirationTimestamp?: string } };
  const { token, expirationTimestamp: expiresAt } = answer.status ?? {};
  if (token !== undefined && expiresAt !== undefined) return { token, expiresAt };
  throw new RunbookError(
    'ClusterUnreachable',
    `token of ${namespace}/${serviceAccount}: expected one, found an answer without`,
  );
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
export async function reviewToken(api: KubernetesApi, { audiences }: Account, token: string): Promise<Review> {
  const answer = (await api.call({
    method: 'POST',
    path: `${authentication}/tokenreviews`,
    body: {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
      spec: { token, ...(audiences && { audiences }) },
    },
  })) as { status?: Review };
  return answer.status ?? {};
}

/** Asks the API server with the token itself who that is. */
export async function whoIs(api: KubernetesApi, token: string): Promise<string | undefined> {
  const cluster = api.kubeConfig.getCurrentCluster();
  const kubeConfig = new KubeConfig();
  if (cluster) kubeConfig.loadFromClusterAndUser(cluster, { name: 'token', token });
  const answer = (await new KubernetesApi(kubeConfig).call({
    method: 'POST',
    path: `${authentication}/selfsubjectreviews`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  })) as { status?: { userInfo?: { username?: string } } };
  return answer.status?.userInfo?.username;
}

/** What one may do with it is asked, for a rehearsed request would make a token. @throws RunbookError Forbidden. */
export async function demandRights(api: KubernetesApi, { namespace, serviceAccount: name }: Account): Promise<void> {
  const rights = [
    { namespace, name, verb: 'create', resource: 'serviceaccounts', subresource: 'token' },
    { namespace, verb: 'delete', resource: 'secrets' },
    { namespace, verb: 'list', resource: 'secrets' },
    { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
  ];
  for (const resourceAttributes of rights) {
    const answer = (await api.call({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
        spec: { resourceAttributes },
      },
    })) as { status?: { allowed?: boolean } };
    if (answer.status?.allowed) continue;
    const { verb, resource, subresource } = { subresource: undefined, ...resourceAttributes };
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    throw new RunbookError(
      'Forbidden',
      `service account ${namespace}/${name}: expected the worker's account to be allowed "${what}", found it is not; give it this right`,
    );
  }
}
