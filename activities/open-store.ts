import type { StoreSpec } from '../runbooks/credential-stores.js';
import type { CredentialStore } from '../systems/credentials/store.js';
import { kubernetesSecretStore } from '../systems/credentials/stores/kubernetes-secret.js';
import { vaultStore } from '../systems/credentials/stores/vault.js';
import { readToken } from '../systems/token-file.js';
import type { RotationParts } from './rotation-parts.js';

/** @throws RunbookError InvalidSettings without the tokens that the runbook names. */
export async function openStore(store: StoreSpec, { api, tokens }: RotationParts): Promise<CredentialStore> {
  switch (store.kind) {
    case 'kubernetesSecret':
      return kubernetesSecretStore(api, store);
    case 'vault':
      return vaultStore(store, await readToken(tokens, store.token));
  }
}
