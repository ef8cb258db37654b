import { RunbookError } from '../core/errors.js';
import { mayDestroy } from '../policies/rotation.js';
import { isSame } from '../systems/credentials/secret-value.js';
import type { CandidateStep } from './rotating.js';
import {
  describeTrials,
  describeUses,
  openRotation,
  shown,
  surveySurely,
  withoutValues,
  type RotationParts,
} from './rotation-parts.js';

/** The activities after which there is no way back, and the proof. */
export function createRetiringActivities(parts: RotationParts) {
  return {
    /** Makes the old version useless and ends what still uses it. Answers when, ISO 8601. @throws RunbookError Refused. */
    async retireOld({ runbook, old, candidate }: CandidateStep): Promise<string> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        const { provider, store, handleOf } = rotation;
        const { versions, trials } = await surveySurely(rotation);
        const { current } = versions;
        const isNew = current !== undefined && handleOf(current).fingerprint === candidate.fingerprint;
        if (!isNew || trials.current !== 'works' || !mayDestroy('previous', trials))
          throw new RunbookError(
            'Refused',
            `${store.where}: expected ${shown(candidate)}, working, found ${current ? shown(handleOf(current)) : 'none'} (${describeTrials(trials)}); ${shown(old)} is left alive`,
          );
        if (provider.alternates) await provider.retire(old.user);
        return new Date().toISOString();
      });
    },

    /** Sees that the old version fails where it worked, and the new one works; only then the store forgets the old one. @throws RunbookError ReadBackFailed. */
    async proveRetired({ runbook, old, candidate }: CandidateStep): Promise<string> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        const { provider, store, handleOf } = rotation;
        const { versions, trials } = await surveySurely(rotation);
        const { current, previous } = versions;
        const uses = provider.alternates ? await provider.findUses(old.user) : [];
        const wrong = [
          ...(trials.current === 'works' && current && handleOf(current).fingerprint === candidate.fingerprint
            ? []
            : [`${shown(candidate)} does not work`]),
          ...(trials.previous === 'works' && !isSame(previous, current) ? [`${shown(old)} works still`] : []),
          ...((await provider.isRetired(old.user)) === false ? [`${old.user} may log in still`] : []),
          ...(uses.length > 0 ? [`${old.user} is logged in from ${describeUses(uses)}`] : []),
        ];
        if (wrong.length > 0)
          throw new RunbookError(
            'ReadBackFailed',
            `${provider.where}: expected the old one dead and the new one alive, found ${wrong.join(', ')}`,
          );
        await store.forget(new Date().toISOString());
        const tried = previous ? 'its password was tried and refused' : 'its password is not known here';
        const login = provider.alternates
          ? `${old.user} cannot log in, ${tried}`
          : `the old password of ${old.user}: ${tried}`;
        return `${login}; ${shown(candidate)} works`;
      });
    },
  };
}
