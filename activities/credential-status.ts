import type { CredentialStatus } from '../core/credential.js';
import { debtsOf, dueAt } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import { showTarget } from '../systems/kubernetes/release.js';
import type { Access } from '../systems/credentials/access.js';
import { openRotation, survey, withoutValues } from './rotation-parts.js';

/** The activity that says how a credential stands. It changes nothing. */
export function createCredentialStatusActivities(parts: Access) {
  return {
    /** Reads the store and tries what it holds. */
    async readCredential({ runbook }: { runbook: Rotate }): Promise<CredentialStatus> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        const { credential, service, environment, consumers, maximumAge } = runbook;
        const { provider, store, handleOf } = rotation;
        const { versions, trials } = await survey(rotation);
        const { current, rotatedAt, provedAt } = versions;
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
          ...(provedAt !== undefined && { provedAt }),
          debts: [...debtsOf(trials), ...(due.overdue ? [overdue] : [])],
        };
      });
    },
  };
}
