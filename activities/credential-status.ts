import type { CredentialStatus } from '../core/credential.js';
import { describeExposure, openExposures } from '../policies/credential-debts.js';
import { debtsOf, dueAt } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import { showTarget } from '../systems/kubernetes/release.js';
import type { Access } from '../systems/credentials/access.js';
import { openRotation, survey, withoutValues, type OpenRotation } from './rotation-parts.js';

/** The activities that say how a credential stands. */
export function createCredentialStatusActivities(parts: Access) {
  return {
    /** Reads the store and tries what it holds. Changes nothing. */
    async readCredential({ runbook }: { runbook: Rotate }): Promise<CredentialStatus> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, () => readStatus(runbook, rotation));
    },

    /**
     * Keeps in the store that somebody who has left, or strangers, could know what was current then, and says how the credential stands
     * with that.
     * In the store, for Temporal forgets its runs: a debt has to last as long as the credential.
     */
    async exposeCredential(given: { runbook: Rotate; person?: string; at: string }): Promise<CredentialStatus> {
      const { runbook, person, at } = given;
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        await rotation.store.expose(person, at);
        return readStatus(runbook, rotation);
      });
    },
  };
}

async function readStatus(runbook: Rotate, rotation: OpenRotation): Promise<CredentialStatus> {
  const { credential, service, environment, consumers, maximumAge } = runbook;
  const { provider, store, handleOf } = rotation;
  const { versions, trials } = await survey(rotation);
  const { current, rotatedAt, provedAt } = versions;
  const exposures = openExposures(versions.exposures ?? []);
  const due = dueAt(rotatedAt, maximumAge, new Date());
  const never = 'it has never been rotated';
  const overdue = rotatedAt === undefined ? never : `overdue since ${due.at.slice(0, 10)}`;
  return {
    ...{ credential, service, environment },
    store: store.where,
    provider: provider.where,
    consumers: consumers.map(showTarget),
    ...(current && { current: handleOf(current) }),
    ...(rotatedAt !== undefined && { rotatedAt, nextDueAt: due.at }),
    maximumAgeSeconds: maximumAge,
    ...(provedAt !== undefined && { provedAt }),
    exposures,
    debts: [...debtsOf(trials), ...exposures.map(describeExposure), ...(due.overdue ? [overdue] : [])],
  };
}
