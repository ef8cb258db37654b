import type { Handle } from '../core/credential.js';
import { formatSeconds } from '../core/duration.js';
import type { Plan } from '../core/record.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import { showTarget } from '../systems/kubernetes/release.js';
import { shown, type OpenRotation } from './rotation-parts.js';

/** What is replaced by what, and what else people should know before they agree. */
interface Replacement {
  old: Handle;
  user: string;
  oldEndsAt: string | undefined;
  notes: string[];
}

const forward = 'after that there is only forward: another rotation';

/** The plan of a rotation, as people read it. */
export function describeRotation(
  runbook: Rotate,
  { provider, store }: OpenRotation,
  { old, user, oldEndsAt, notes }: Replacement,
): Omit<Plan, 'hash'> {
  const { service, environment, credential, consumers, reason } = runbook;
  const { noun, byHand } = provider;
  return {
    kind: 'rotate',
    subject: `credential ${credential} of ${service} in ${environment}`,
    changes: [
      { what: store.where, from: shown(old), to: user === '' ? `a new ${noun}` : `${user}, new ${noun}` },
      ...consumers.map((each) => ({ what: `pods of ${showTarget(each)}`, from: 'as they are', to: 'restarted' })),
      { what: nameOld(provider, old), from: 'works', to: endOf(runbook, provider, oldEndsAt) },
    ],
    wayBack: wayBackOf(provider, old, oldEndsAt),
    notes: [
      ...(byHand
        ? [
            `by hand: a person is asked to ${byHand.make}${byHand.retire === undefined ? '' : `; in the end to ${byHand.retire}`}`,
          ]
        : []),
      ...denialOf(provider),
      ...(reason === 'leak' ? ['leak: done at once, approved afterwards; who still uses the old one is cut off'] : []),
      ...notes,
    ],
  };
}

function nameOld({ succession, users, noun, where }: CredentialProvider, old: Handle): string {
  if (users.length === 2) return `user ${old.user} of ${where}`;
  return succession === 'beside' && users.length !== 1
    ? `${noun} ${old.user}, ${where}`
    : `old ${noun} of ${old.user}, ${where}`;
}

function endOf({ reason, grace }: Rotate, { succession }: CredentialProvider, oldEndsAt: string | undefined): string {
  if (oldEndsAt !== undefined) return `valid until ${oldEndsAt}: nobody can end it before`;
  if (succession === 'atOnce') return 'dead as soon as there is a new one';
  return reason === 'scheduled' ? `dead ${formatSeconds(grace)} after nobody uses it` : 'dead at once';
}

function wayBackOf(
  { succession, noun, users }: CredentialProvider,
  old: Handle,
  oldEndsAt: string | undefined,
): string {
  if (oldEndsAt !== undefined) return 'everybody takes the old one again';
  if (succession === 'beside')
    return `until ${users.length === 1 ? `the old ${noun}` : old.user} is retired everybody takes it again; ${forward}`;
  if (succession === 'inPlace') return `until the old ${noun} is proven dead it is put in force again; ${forward}`;
  return `none once there is a new ${noun}: the old one is dead then; run the rotation again, it goes on`;
}

function denialOf({ succession, noun }: CredentialProvider): string[] {
  if (succession === 'beside') return [];
  const from = succession === 'inPlace' ? `the ${noun} changes` : `there is a new ${noun}`;
  const subject = succession === 'inPlace' ? 'one user: from the moment' : `one ${noun}: from the moment`;
  return [`${subject} ${from} until a consumer has restarted, its new connections are refused`];
}
