import type { CredentialUse, Handle, Trial, Trials } from '../core/credential.js';
import { messageOf, RunbookError } from '../core/errors.js';
import { redactValues } from '../core/redact.js';
import { classify, type Standing } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { Access } from '../systems/credentials/access.js';
import { openProvider } from '../systems/credentials/open-provider.js';
import { openStore } from '../systems/credentials/open-store.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import { fingerprintOf, readFingerprintKey, type SecretValue } from '../systems/credentials/secret-value.js';
import type { CredentialStore, StoredVersions } from '../systems/credentials/store.js';

/** One credential with its provider and its store, for one activity. */
export interface OpenRotation {
  provider: CredentialProvider;
  store: CredentialStore;
  handleOf: (value: SecretValue) => Required<Handle>;
  /** Each password that this activity has had in its hands: no error may say one of them. */
  known: Set<string>;
}

/** What the store holds, and what came of trying it. */
export interface Survey {
  versions: StoredVersions;
  trials: Trials;
  standing: Standing;
}

/** @throws RunbookError InvalidSettings without the tokens that the runbook names. */
export async function openRotation({ provider, store, ...runbook }: Rotate, parts: Access): Promise<OpenRotation> {
  const { tokens } = parts;
  const key = await readFingerprintKey(tokens, runbook.fingerprintKey);
  const opened = await openProvider(provider, parts);
  return {
    provider: opened,
    store: await openStore(store, opened, parts),
    handleOf: (value) => ({ user: value.user, fingerprint: fingerprintOf(key, value) }),
    known: new Set(),
  };
}

/** Reads the store and tries each version. Asks again in a moment what could not be asked. @throws RunbookError SystemUnreachable. */
export async function survey({ provider, store, known }: OpenRotation): Promise<Survey> {
  const versions = await store.read();
  for (const password of passwordsOf(versions)) known.add(password);
  const attempt = (value?: SecretValue): Promise<Trial> | Trial => (value ? provider.try(value) : 'absent');
  const [pending, current, previous] = await Promise.all([
    attempt(versions.pending),
    attempt(versions.current),
    attempt(versions.previous),
  ]);
  const trials = { pending, current, previous };
  return { versions, trials, standing: classify(trials) };
}

function passwordsOf({ pending, current, previous }: StoredVersions): string[] {
  return [pending, current, previous].flatMap((each) => (each ? [each.password] : []));
}

/** Names of all versions that the store holds. */
export function namesOf({ pending, current, previous }: StoredVersions): string[] {
  return [pending, current, previous].flatMap((each) => (each ? [each.user] : []));
}

/** The same, where nothing may be uncertain. @throws RunbookError SystemUnreachable. */
export async function surveySurely(rotation: OpenRotation): Promise<Survey> {
  const found = await survey(rotation);
  if (found.standing !== 'ambiguous') return found;
  const { provider } = rotation;
  throw new RunbookError(
    'SystemUnreachable',
    `${provider.where}: expected to be told which version works, found ${describeTrials(found.trials)}; nothing is changed before that is known`,
  );
}

/** A version as people see it. */
export function shown({ user, fingerprint }: Handle): string {
  return `${user}${fingerprint === undefined ? '' : ` (${fingerprint})`}`;
}

/** Who is logged in, in words. */
export function describeUses(uses: readonly CredentialUse[]): string {
  return uses
    .map(
      ({ from, application, sessions }) =>
        `${from}${application === '' ? '' : ` (${application})`}: ${sessions} session(s)`,
    )
    .join('; ');
}

export function describeTrials(trials: Trials): string {
  return Object.entries(trials)
    .filter(([, trial]) => trial !== 'absent')
    .map(([which, trial]) => `${which}: ${trial}`)
    .join(', ');
}

/** Why nothing is destroyed. */
export function notCertain({ where }: CredentialProvider, found: string): RunbookError {
  return new RunbookError(
    'Refused',
    `${where}: expected another version that works for certain, found ${found}; nothing is destroyed`,
  );
}

/** Takes what no error may say out of one: no outside system is trusted not to repeat what it was sent. */
export async function withoutValues<T>(rotation: OpenRotation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const stored = await rotation.store.read().catch((): StoredVersions => ({}));
    const said = messageOf(error);
    const clean = redactValues(said, [...rotation.known, ...passwordsOf(stored)]);
    if (clean === said) throw error;
    throw new RunbookError(error instanceof RunbookError ? error.code : 'Unexpected', clean);
  }
}
