import type { CredentialStatus } from '../core/credential.js';
import type { Rotate } from '../runbooks/rotate.js';
import { causeOf } from './failures.js';
import { reading } from './steps.js';

/** How each of these credentials stands. One that cannot be read says why. Changes nothing. */
export async function credentials({ runbooks }: { runbooks: Rotate[] }): Promise<CredentialStatus[]> {
  return Promise.all(
    runbooks.map(async (runbook) => {
      try {
        return await reading.readCredential({ runbook });
      } catch (error) {
        const { credential, service, environment, store, provider, consumers } = runbook;
        return {
          ...{ credential, service, environment },
          store: store.kind,
          provider: provider.kind,
          consumers: consumers.map(({ namespace, deployment }) => `${namespace}/${deployment}`),
          debts: [`it could not be read: ${causeOf(error).message}`],
        };
      }
    }),
  );
}
