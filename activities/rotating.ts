import { RunbookError } from '../core/errors.js';
import type { Handle } from '../core/credential.js';
import { mayDestroy } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { Access } from '../systems/credentials/access.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import { isSame } from '../systems/credentials/secret-value.js';
import { keyOfRun } from '../systems/credentials/store.js';
import { awaitNoUses } from './credential-uses.js';
import {
  describeTrials,
  describeUses,
  namesOf,
  notCertain,
  openRotation,
  shown,
  surveySurely,
  withoutValues,
  type OpenRotation,
} from './rotation-parts.js';
import { planRotation, type PlannedRotation } from './rotation-plan.js';

/** One step of a rotation. */
export interface RotationStep {
  runbook: Rotate;
  runId: string;
  /** When the run began, ISO 8601. */
  startedAt: string;
  old: Handle;
}

/** One that has a candidate. */
export interface CandidateStep extends RotationStep {
  candidate: Required<Handle>;
}

/** The activities of a rotation up to the store's new current version, and their ways back. All of them can be repeated. */
export function createRotatingActivities(parts: Access) {
  const open = <T>(runbook: Rotate, work: (rotation: OpenRotation) => Promise<T>) =>
    openRotation(runbook, parts).then((rotation) => withoutValues(rotation, () => work(rotation)));
  return { ...createForward(parts, open), ...createBack(open) };
}

type Open = <T>(runbook: Rotate, work: (rotation: OpenRotation) => Promise<T>) => Promise<T>;

function createForward(parts: Access, open: Open) {
  return {
    /** What a rotation would do. Every write is rehearsed, and nothing changes. */
    async planRotation({ runbook }: { runbook: Rotate }): Promise<PlannedRotation> {
      return open(runbook, (rotation) => planRotation(runbook, rotation, parts.api));
    },

    /** Puts the candidate in force, and logs in with it. Answers since when, ISO 8601. */
    async setCandidate({ runbook, candidate, old }: CandidateStep): Promise<string> {
      return open(runbook, async (rotation) => {
        const value = await demandCandidate(rotation, candidate);
        const at = await rotation.provider.set(value, old.user);
        const trial = await rotation.provider.try(value);
        if (trial === 'works') return at;
        throw new RunbookError('ReadBackFailed', `user ${candidate.user}: expected to log in, found it ${trial}`);
      });
    },

    /** Compares what the candidate may do with what the old one may. @throws RunbookError Refused. */
    async verifyCandidate({ runbook, candidate, old }: CandidateStep): Promise<string> {
      return open(runbook, async (rotation) => {
        const { provider } = rotation;
        const value = await demandCandidate(rotation, candidate);
        const differences = (await provider.compareRights?.(candidate.user, old.user)) ?? [];
        if (differences.length > 0)
          throw new RunbookError(
            'Refused',
            `user ${candidate.user}: expected the rights of ${old.user}, found that it ${differences.join(', ')}`,
          );
        const same = provider.compareRights && candidate.user !== old.user ? `, with the rights of ${old.user}` : '';
        return `${await provider.probe(value)}${same}`;
      });
    },

    /** Makes the candidate what consumers read. @throws RunbookError Refused where somebody else has changed the store since. */
    async publishCandidate({ runbook, runId, candidate, old }: CandidateStep): Promise<string> {
      return open(runbook, async (rotation) => {
        const { store, handleOf, provider } = rotation;
        const { versions, trials, standing } = await surveySurely(rotation);
        const found = versions.current && handleOf(versions.current);
        const works = found?.fingerprint === candidate.fingerprint ? trials.current : trials.pending;
        if (works !== 'works') throw notCertain(provider, describeTrials(trials));
        if (![old.fingerprint, candidate.fingerprint].includes(found?.fingerprint) && old.fingerprint !== undefined)
          throw new RunbookError(
            'Refused',
            `${store.where}: expected ${shown(old)} as it was planned, found ${found ? shown(found) : 'none'}; somebody else has changed it`,
          );
        await store.publish(
          keyOfRun(runId),
          new Date().toISOString(),
          standing === 'onlyPrevious' ? 'previous' : 'current',
        );
        const { current } = await store.read();
        if (current && handleOf(current).fingerprint === candidate.fingerprint)
          return `${store.where} holds ${shown(candidate)}`;
        throw new RunbookError('ReadBackFailed', `${store.where}: expected ${shown(candidate)}, found another version`);
      });
    },
  };
}

function createBack(open: Open) {
  return {
    /** Consumers read the old version again. With one user it is in force again too. */
    async pointBack({ runbook, runId }: RotationStep): Promise<string> {
      return open(runbook, async (rotation) => {
        await rotation.store.pointBack(keyOfRun(runId));
        await reinstate(rotation);
        return rotation.store.where;
      });
    },

    /** Makes this run's candidate useless and takes it away. @throws RunbookError StillUsed where somebody lives on it. */
    async discardCandidate({ runbook, runId, startedAt }: RotationStep): Promise<string> {
      return open(runbook, async (rotation) => {
        const { provider, store } = rotation;
        const { versions, trials } = await surveySurely(rotation);
        const { pending, current } = versions;
        const run = keyOfRun(runId);
        if (pending?.run !== run) {
          await provider.takeBack?.({ run, since: startedAt, known: namesOf(versions) });
          return 'none was left';
        }
        // Nobody but a person can end it: it is kept, and the next run goes on with it.
        if (provider.byHand && !isSame(pending, current) && trials.pending === 'works')
          return `the ${provider.noun} that a person has made is kept for the next rotation`;
        if (!isSame(pending, current) && trials.pending === 'works' && provider.succession === 'beside') {
          if (!mayDestroy('pending', trials)) throw notCertain(provider, describeTrials(trials));
          // Pods that have just been told to go may take their time.
          await demandUnused(provider, pending.user, runbook.adoptWithin);
          await provider.retire(pending);
        } else await reinstate(rotation);
        await store.discard(run);
        return `${pending.user} is useless again`;
      });
    },
  };
}

/** Where one user has but one password: puts the stored one in force again. */
async function reinstate(rotation: OpenRotation): Promise<void> {
  const { provider } = rotation;
  if (provider.succession !== 'inPlace') return;
  const { versions, trials } = await surveySurely(rotation);
  if (versions.current && trials.current !== 'works') await provider.set(versions.current, versions.current.user);
}

async function demandUnused(provider: CredentialProvider, user: string, seconds: number): Promise<void> {
  if (!provider.findUses) return;
  const uses = await awaitNoUses(provider, { user, seconds });
  if (uses.length === 0) return;
  throw new RunbookError(
    'StillUsed',
    `user ${user}: expected nobody, found ${describeUses(uses)}; it is left as it is`,
  );
}

async function demandCandidate(rotation: OpenRotation, candidate: Required<Handle>) {
  const { store, handleOf } = rotation;
  const { pending, current } = await store.read();
  const found = [pending, current].find((each) => each && handleOf(each).fingerprint === candidate.fingerprint);
  if (found) return found;
  throw new RunbookError(
    'Refused',
    `${store.where}: expected the candidate ${shown(candidate)}, found it gone; somebody else has changed it`,
  );
}
