import type { Handle } from '../core/credential.js';
import { RunbookError } from '../core/errors.js';
import type { Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import { debtsOf } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { secretOf } from '../systems/credentials/secret-of.js';
import { demandReference, findOtherUsers, listConsumerPods } from '../systems/kubernetes/secret-users.js';
import { describeRotation } from './describe-rotation.js';
import { describeUses, namesOf, surveySurely, type OpenRotation } from './rotation-parts.js';
import { chooseUser, findReplaced } from './rotation-turn.js';

/** A plan, what is replaced, and what the run must know of what takes its place. */
export interface PlannedRotation {
  plan: Plan;
  old: Handle;
  /** Whose turn it is; '' where the provider gives each version a name. */
  user: string;
  succession?: CredentialProvider['succession'];
  /** What a person is asked to do, where the provider cannot. */
  byHand?: { make: string; retire?: string };
  /** When the old one ends by itself, ISO 8601, where nobody can end it before. */
  oldEndsAt?: string;
}

/** What a rotation would do now. @throws RunbookError Refused where it could not end well. */
export async function planRotation(
  runbook: Rotate,
  rotation: OpenRotation,
  api: KubernetesApi,
): Promise<PlannedRotation> {
  const { provider, store } = rotation;
  const found = await surveySurely(rotation);
  const user = await chooseUser(runbook, provider, found);
  const replaced = findReplaced(provider, user, found);
  const old = replaced.password === undefined ? { user: replaced.user } : rotation.handleOf(replaced);
  await demandConsumers(runbook, api);
  await provider.rehearse({ next: user, old: old.user, known: namesOf(found.versions) });
  await store.rehearse();
  const notes = [...debtsOf(found.trials), ...(await findStrangers(runbook, provider, old.user, api))];
  const oldEndsAt = replaced.password === undefined ? undefined : provider.expiryOf?.(replaced);
  const plan = describeRotation(runbook, rotation, { old, user, oldEndsAt, notes });
  const { succession, byHand } = provider;
  return {
    ...{ plan: { ...plan, hash: hashPlan(plan) }, old, user, succession },
    ...(byHand && { byHand }),
    ...(oldEndsAt !== undefined && { oldEndsAt }),
  };
}

/** What the cluster itself says of who uses a Secret; of other stores it knows nothing. */
async function demandConsumers({ consumers, store }: Rotate, api: KubernetesApi): Promise<void> {
  const read = secretOf(store);
  if (!read) return;
  const { namespace, name: secret } = read;
  for (const consumer of consumers) if (consumer.namespace === namespace) await demandReference(api, consumer, secret);
  const others = await findOtherUsers(api, { namespace, secret }, consumers);
  if (others.length === 0) return;
  throw new RunbookError(
    'Refused',
    `secret ${namespace}/${secret}: expected only pods of the declared consumers to use it, found ${others.join(', ')}; add theirs to consumers`,
  );
}

/** Who uses the old one from where no declared consumer runs. Only a note: addresses may be translated on the way. */
async function findStrangers(
  { consumers }: Rotate,
  provider: CredentialProvider,
  user: string,
  api: KubernetesApi,
): Promise<string[]> {
  if (!provider.findUses) return [];
  const listPods = async () => (await Promise.all(consumers.map((consumer) => listConsumerPods(api, consumer)))).flat();
  // A pod that comes or goes meanwhile is no stranger's.
  const before = await listPods();
  const uses = await provider.findUses(user);
  const known = new Set([...before, ...(await listPods())].map(({ status }) => status?.podIP));
  const strangers = uses.filter(({ from }) => !known.has(from));
  return strangers.length === 0
    ? []
    : [`${user} is used from where no declared consumer is: ${describeUses(strangers)}`];
}
