import type { Handle } from '../core/credential.js';
import { RunbookError } from '../core/errors.js';
import { mayDestroy } from '../policies/rotation.js';
import type { Access } from '../systems/credentials/access.js';
import { isSame, type SecretValue } from '../systems/credentials/secret-value.js';
import { keyOfRun } from '../systems/credentials/store.js';
import { endLeftOver } from './left-over.js';
import type { RotationStep } from './rotating.js';
import {
  describeTrials,
  namesOf,
  notCertain,
  openRotation,
  surveySurely,
  withoutValues,
  type OpenRotation,
  type Survey,
} from './rotation-parts.js';

/** One that makes a candidate, of this user. */
export type StagingStep = RotationStep & { user: string };

/** The activities that bring a candidate into the store: made here, or given by a person. */
export function createStagingActivities(parts: Access) {
  return {
    /** Keeps a candidate in the store, where no consumer reads it: before anything outside changes. */
    async stageCandidate({ runbook, runId, startedAt, user }: StagingStep): Promise<Required<Handle>> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        const { store, handleOf } = rotation;
        const run = keyOfRun(runId);
        const found = await surveySurely(rotation);
        const { pending } = found.versions;
        if (pending?.run === run) return handleOf(pending);
        await endLeftOver(runbook, rotation, found, parts.api);
        const candidate = await makeCandidate(rotation, found, { user, run, since: startedAt });
        rotation.known.add(candidate.password);
        await store.stage(candidate, run);
        const { pending: stored } = await store.read();
        if (stored?.run === run) return handleOf(stored);
        throw new RunbookError('ReadBackFailed', `${store.where}: expected the candidate of this run, found another`);
      });
    },

    /** Looks for the candidate that a person has given, to this run or to one that died. @throws RunbookError Refused, saying what to do. */
    async findCandidate({ runbook, runId }: RotationStep): Promise<Required<Handle>> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        const { provider, store, handleOf } = rotation;
        const run = keyOfRun(runId);
        const { versions, trials } = await surveySurely(rotation);
        const { pending, current, previous } = versions;
        const { noun, byHand, where } = provider;
        if (previous && !isSame(previous, current) && trials.previous === 'works' && trials.current === 'works')
          throw new RunbookError(
            'Refused',
            `${where}: expected the ${noun} before the current one to be dead, found that it works still, and the next one would take its place; ` +
              `please ${byHand?.retire ?? 'revoke it'}, then say retry`,
          );
        if (pending?.run === run) return handleOf(pending);
        if (pending && trials.pending === 'works' && !isSame(pending, current)) {
          await store.stage(pending, run);
          return handleOf(pending);
        }
        const command = `runbook intake FILE --environment ${runbook.environment}`;
        throw new RunbookError(
          'Refused',
          `${where}: expected the new ${noun}, found none yet; please ${byHand?.make ?? 'make one'}; then give it by "${command}", which asks for it`,
        );
      });
    },
  };
}

async function makeCandidate(
  { provider }: OpenRotation,
  { versions, trials, standing }: Survey,
  { user, run, since }: { user: string; run: string; since: string },
): Promise<SecretValue> {
  const { pending, current } = versions;
  // A run that died has put it in force, and nothing else works: it is gone on with.
  if (standing === 'onlyCandidate' && pending) return pending;
  if (!mayDestroy('pending', trials)) throw notCertain(provider, describeTrials(trials));
  // Of two that take turns the next candidate takes its place; a name of its own would stay alive unknown to anybody.
  if (pending && trials.pending === 'works' && provider.users.length === 0) await provider.retire(pending);
  const trace = { run, since, known: namesOf(versions) };
  await provider.takeBack?.(trace);
  return provider.make({ ...trace, user, current });
}
