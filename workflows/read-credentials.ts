import type { CredentialStatus } from '../core/credential.js';
import type { Rotate } from '../runbooks/rotate.js';
import { causeOf } from './failures.js';
import { reading } from './steps.js';

/** How each of these credentials stands. Changes nothing. */
export async function readCredentials({ runbooks }: { runbooks: Rotate[] }): Promise<CredentialStatus[]> {
  return statusesOf(runbooks, (runbook) => reading.readCredential({ runbook }));
}

/** Asks for each of them side by side. One that cannot be read says why. */
export async function statusesOf(
  runbooks: readonly Rotate[],
  ask: (runbook: Rotate) => Promise<CredentialStatus>,
): Promise<CredentialStatus[]> {
  return Promise.all(
    runbooks.map((runbook) => ask(runbook).catch((error: unknown) => unread(runbook, causeOf(error).message))),
  );
}

function unread(runbook: Rotate, why: string): CredentialStatus {
  const { credential, service, environment, store, provider, consumers, maximumAge } = runbook;
  return {
    ...{ credential, service, environment },
    store: store.kind,
    provider: provider.kind,
    consumers: consumers.map(({ namespace, deployment }) => `${namespace}/${deployment}`),
    maximumAgeSeconds: maximumAge,
    exposures: [],
    unread: true,
    debts: [`it could not be read: ${why}`],
  };
}
