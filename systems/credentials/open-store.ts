import type { StoreSpec } from '../../runbooks/credential-stores.js';
import type { CredentialProvider } from './provider.js';
import type { CredentialStore } from './store.js';
import { kubernetesSecretStore } from './stores/kubernetes-secret.js';
import { vaultStore } from './stores/vault.js';
import { readToken } from '../token-file.js';
import type { Access } from './access.js';

/** The store of a provider's credential. @throws RunbookError InvalidSettings without the tokens that the runbook names. */
export async function openStore(
  store: StoreSpec,
  { beside = [], identify }: CredentialProvider,
  { api, tokens }: Access,
): Promise<CredentialStore> {
  const keys = { ...store.keys, beside, ...(identify && { identify }) };
  switch (store.kind) {
    case 'kubernetesSecret':
      return kubernetesSecretStore(api, { ...store, keys });
    case 'vault':
      return vaultStore({ ...store, keys }, await readToken(tokens, store.token));
  }
}
