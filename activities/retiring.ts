import type { Handle } from '../core/credential.js';
import { RunbookError } from '../core/errors.js';
import { mayDestroy } from '../policies/rotation.js';
import type { Access } from '../systems/credentials/access.js';
import type { CredentialProvider } from '../systems/credentials/provider.js';
import { isSame, type SecretValue } from '../systems/credentials/secret-value.js';
import { findOthers } from './asking-pods.js';
import type { CandidateStep } from './rotating.js';
import { describeTrials, describeUses, openRotation, shown, surveySurely, withoutValues } from './rotation-parts.js';

/** The activities after which there is no way back, and the proof. */
export function createRetiringActivities(parts: Access) {
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
        const { previous } = versions;
        if (provider.succession === 'beside') await provider.retire(previous?.user === old.user ? previous : old);
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
        const uses = candidate.user === old.user ? [] : ((await provider.findUses?.(old.user)) ?? []);
        const wrong = [
          ...(trials.current === 'works' && current && handleOf(current).fingerprint === candidate.fingerprint
            ? []
            : [`${shown(candidate)} does not work`]),
          ...(trials.previous === 'works' && !isSame(previous, current) && !provider.expiryOf
            ? [`${shown(old)} works still`]
            : []),
          ...((await provider.isRetired(old.user)) === false ? [`${old.user} may log in still`] : []),
          ...(uses.length > 0 ? [`${old.user} is logged in from ${describeUses(uses)}`] : []),
          // Where nobody can end the old one, that is all the proof.
          ...(provider.expiryOf && current ? await findOthers(parts.api, runbook, current) : []),
        ];
        if (wrong.length > 0)
          throw new RunbookError(
            'ReadBackFailed',
            `${provider.where}: expected the old one dead and the new one alive, found ${wrong.join(', ')}`,
          );
        await store.forget(new Date().toISOString());
        const ended = describeEnd(provider, old, previous);
        return `${ended}; ${shown(candidate)} works`;
      });
    },
  };
}

function describeEnd(provider: CredentialProvider, old: Handle, previous: SecretValue | undefined): string {
  const { succession, noun, users } = provider;
  if (provider.expiryOf && previous)
    return `${shown(old)} is valid until ${provider.expiryOf(previous)} and used by nobody`;
  const tried = previous ? `its ${noun} was tried and refused` : `its ${noun} is not known here`;
  return succession === 'beside' && users.length !== 1
    ? `${old.user} cannot log in, ${tried}`
    : `the old ${noun} of ${old.user}: ${tried}`;
}
