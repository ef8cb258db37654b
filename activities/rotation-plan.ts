import type { Handle } from '../core/credential.js';
import { formatSeconds } from '../core/duration.js';
import { RunbookError } from '../core/errors.js';
import type { Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import { debtsOf } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { demandReference, findOtherUsers, listConsumerPods } from '../systems/kubernetes/secret-users.js';
import { showTarget } from '../systems/kubernetes/release.js';
import { describeUses, shown, surveySurely, type OpenRotation, type Survey } from './rotation-parts.js';

/** A plan, what is replaced, and the user of what takes its place. */
export interface PlannedRotation {
  plan: Plan;
  old: Handle;
  user: string;
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
  const old = oldOf(provider, user, found, rotation);
  await demandConsumers(runbook, api);
  await provider.rehearse(user, old.user);
  await store.rehearse();
  const notes = [...debtsOf(found.trials), ...(await findStrangers(runbook, provider, old.user, api))];
  const plan = describePlan(runbook, rotation, old, user, notes);
  return { plan: { ...plan, hash: hashPlan(plan) }, old, user };
}

/** Whose turn it is: never that of a user whom somebody lives on, and whose password is about to change. */
async function chooseUser(
  { reason }: Rotate,
  provider: CredentialProvider,
  { versions, standing }: Survey,
): Promise<string> {
  const { users, alternates, where } = provider;
  const { current, pending, previous } = versions;
  const [first = '', second = ''] = users;
  const lost = () => {
    const found = 'none in the store that works';
    return new RunbookError(
      'Refused',
      `${where}: expected a version that works, found ${found}; put the right one into the store, or say --reason leak to replace it all the same`,
    );
  };
  if (!alternates) {
    if (standing === 'lost' && reason === 'scheduled') throw lost();
    return first;
  }
  if (standing === 'onlyCandidate' && pending) return pending.user;
  const working = standing === 'onlyPrevious' ? previous : standing === 'lost' ? undefined : current;
  if (working && !users.includes(working.user))
    throw new RunbookError(
      'Refused',
      `${where}: expected ${users.join(' or ')} in the store, found user ${working.user}; put one of them there first`,
    );
  const candidates = working ? [working.user === first ? second : first] : [second, first];
  for (const user of candidates) {
    const uses = await provider.findUses(user);
    if (uses.length === 0) return user;
    if (working && reason !== 'leak')
      throw new RunbookError(
        'Refused',
        `user ${user}: its turn is now, expected nobody to use it, found ${describeUses(uses)}; they would be cut off`,
      );
    if (working) return user;
  }
  throw lost();
}

function oldOf(
  { alternates, users }: CredentialProvider,
  next: string,
  { versions }: Survey,
  { handleOf }: OpenRotation,
): Handle {
  const { current, previous } = versions;
  const user = alternates ? (users.find((each) => each !== next) ?? next) : next;
  const known = [current, previous].find((each) => each?.user === user);
  return known ? handleOf(known) : { user };
}

/** What the cluster itself says of who uses a Secret; of other stores it knows nothing. */
async function demandConsumers({ consumers, store }: Rotate, api: KubernetesApi): Promise<void> {
  if (store.kind !== 'kubernetesSecret') return;
  const { namespace, name: secret } = store;
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
  const pods = (await Promise.all(consumers.map((consumer) => listConsumerPods(api, consumer)))).flat();
  const known = new Set(pods.map(({ status }) => status?.podIP));
  const strangers = (await provider.findUses(user)).filter(({ from }) => !known.has(from));
  return strangers.length === 0
    ? []
    : [`${user} is used from where no declared consumer is: ${describeUses(strangers)}`];
}

function describePlan(
  { service, environment, credential, consumers, reason, grace }: Rotate,
  { provider, store }: OpenRotation,
  old: Handle,
  user: string,
  found: string[],
): Omit<Plan, 'hash'> {
  const keptFor = reason === 'scheduled' ? formatSeconds(grace) : undefined;
  const [changes, wayBack] = [
    [
      { what: store.where, from: shown(old), to: `${user}, new password` },
      ...consumers.map((each) => ({ what: `pods of ${showTarget(each)}`, from: 'as they are', to: 'restarted' })),
      {
        what: provider.alternates
          ? `user ${old.user} of ${provider.where}`
          : `old password of ${old.user}, ${provider.where}`,
        from: 'works',
        to: keptFor === undefined ? 'dead at once' : `dead ${keptFor} after nobody uses it`,
      },
    ],
    provider.alternates
      ? `until ${old.user} is retired everybody takes it again; after that there is only forward: another rotation`
      : 'until the old password is proven dead it is put in force again; after that there is only forward: another rotation',
  ];
  const denial = `one user: from the moment the password changes until a consumer has restarted, its new connections are refused`;
  const notes = [
    ...(provider.alternates ? [] : [denial]),
    ...(reason === 'leak' ? ['leak: done at once, approved afterwards; who still uses the old one is cut off'] : []),
    ...found,
  ];
  return {
    kind: 'rotate',
    subject: `credential ${credential} of ${service} in ${environment}`,
    changes,
    wayBack,
    notes,
  };
}
