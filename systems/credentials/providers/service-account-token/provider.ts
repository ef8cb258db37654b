import type { Trial } from '../../../../core/credential.js';
import { RunbookError } from '../../../../core/errors.js';
import { formatSeconds } from '../../../../core/duration.js';
import { resources, type KubernetesApi } from '../../../kubernetes/api.js';
import type { ManagedObject } from '../../../kubernetes/objects.js';
import type { CredentialProvider, Making } from '../../provider.js';
import type { SecretValue } from '../../secret-value.js';
import { claimsOf } from './claims.js';
import { demandRights, requestToken, reviewToken, whoIs, type Account } from './tokens.js';

/** A service account whose tokens are replaced. */
export interface TokenAccount extends Account {
  /** Seconds. */
  lifetime: number;
}

const runLabel = 'runbooks.temporal.io/run';
/** What a server may lose of a lifetime by the way it counts. */
const toleranceMs = 60_000;

/** Also when the server could not read the Secret, it says that the token has been invalidated. */
const invalidated = /has been invalidated/;
const couldNotLook = /etcd|time[d ]?out|deadline|unavailable|connection|canceled|too many requests|internal error/i;

/**
 * Tokens of a service account, each bound to a Secret of its own: it dies with that. The API server remembers for some seconds that
 * it has let a token in.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
export function connectServiceAccountTokens(api: KubernetesApi, account: TokenAccount): CredentialProvider {
  const { namespace, serviceAccount, audiences } = account;
  const where = `service account ${namespace}/${serviceAccount}`;
  const username = `system:serviceaccount:${namespace}:${serviceAccount}`;
  const find = (name: string) => api.find<ManagedObject>(resources.secrets, namespace, name);
  const remove = (name: string) => api.remove(resources.secrets, namespace, name);
  return {
    where,
    noun: 'token',
    succession: 'beside',
    users: [],
    identify: (value) => ({ ...value, user: claimsOf(value.password).secret?.name ?? '' }),
    try: ({ password }) => tryToken(api, account, password),
    async rehearse({ old, known }) {
      if (old === '' && known.length > 0)
        throw new RunbookError(
          'Refused',
          `${where}: expected a token in the store that is bound to a Secret, found one that nobody can end; make one by ` +
            `"kubectl -n ${namespace} create token ${serviceAccount} --bound-object-kind Secret --bound-object-name NAME" and put it there`,
        );
      await api.read(resources.serviceAccounts, namespace, serviceAccount);
      await api.create(resources.secrets, describeSecret(account, 'rehearsal'), { rehearse: true });
      await demandRights(api, account);
    },
    async takeBack({ run, known }) {
      const made = await api.list<ManagedObject>(resources.secrets, namespace, { [runLabel]: run });
      for (const { metadata } of made) if (!known.includes(metadata.name)) await remove(metadata.name);
    },
    make: ({ run }) => makeToken(api, account, run, where),
    /** It is in force since its Secret is there. */
    async set({ user }) {
      const secret = await find(user);
      if (secret?.metadata.creationTimestamp !== undefined) return secret.metadata.creationTimestamp;
      throw new RunbookError(
        'Refused',
        `${where}: expected secret ${user} of the new token, found none; somebody else has changed it`,
      );
    },
    async probe({ user, password }) {
      // Who the API server is not among the audiences, it does not let in.
      const found = audiences ? (await reviewToken(api, account, password)).user?.username : await whoIs(api, password);
      if (found === username) return `acts as ${username}`;
      throw new RunbookError('Refused', `token ${user}: expected it to act as ${username}, found ${found ?? 'nobody'}`);
    },
    async retire({ user }) {
      if (user !== '') await remove(user);
    },
    async isRetired(user) {
      return user === '' ? undefined : (await find(user)) === undefined;
    },
  };
}

function describeSecret({ namespace, serviceAccount }: Account, run: string) {
  const labels = { 'app.kubernetes.io/managed-by': 'temporal-runbooks', [runLabel]: run };
  return {
    ...{ apiVersion: 'v1', kind: 'Secret' },
    metadata: { namespace, name: `${serviceAccount}-token-${run}`, labels },
  };
}

async function makeToken(
  api: KubernetesApi,
  account: TokenAccount,
  run: Making['run'],
  where: string,
): Promise<SecretValue> {
  const { metadata } = await api.create<ManagedObject>(resources.secrets, describeSecret(account, run));
  const { name, uid = '' } = metadata;
  const wanted = Date.now() + account.lifetime * 1000 - toleranceMs;
  const { token, expiresAt } = await requestToken(api, account, { name, uid }, account.lifetime);
  if (Date.parse(expiresAt) >= wanted) return { user: name, password: token };
  throw new RunbookError(
    'Refused',
    `${where}: expected a token for ${formatSeconds(account.lifetime)}, found one until ${expiresAt}: the API server shortens them; ` +
      'take a shorter provider.lifetime and maximumAge, or raise --service-account-max-token-expiration',
  );
}

async function tryToken(api: KubernetesApi, account: Account, token: string): Promise<Trial> {
  try {
    const { authenticated, error = '' } = await reviewToken(api, account, token);
    if (authenticated) return 'works';
    if (couldNotLook.test(error)) return 'unknown';
    return invalidated.test(error) && (await hasSecret(api, account, token)) ? 'unknown' : 'refused';
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'Forbidden') throw error;
    return 'unknown';
  }
}

/** Whether the Secret that a token is bound to is there still, and the same one. */
async function hasSecret(api: KubernetesApi, { namespace }: Account, token: string): Promise<boolean> {
  const { secret } = claimsOf(token);
  if (!secret) return false;
  const found = await api.find<ManagedObject>(resources.secrets, namespace, secret.name);
  return found !== undefined && (secret.uid === undefined || found.metadata.uid === secret.uid);
}
