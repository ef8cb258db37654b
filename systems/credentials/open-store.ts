import type { StoreSpec } from '../../runbooks/credential-stores.js';
import { readAccessKey } from '../access-key.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { findTokenFile, readToken } from '../token-file.js';
import type { Access } from './access.js';
import type { CredentialProvider } from './provider.js';
import type { CredentialStore } from './store.js';
import { externalSecretFollower } from './stores/external-secret.js';
import { followed, secretFollower } from './stores/followed.js';
import { kubernetesSecretStore } from './stores/kubernetes-secret.js';
import { sealedSecretStore } from './stores/sealed-secret.js';
import { secretsManagerStore } from './stores/secrets-manager.js';
import { Sops } from './stores/sops-program.js';
import { sopsStore } from './stores/sops.js';
import { vaultStore } from './stores/vault.js';

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
    case 'sealedSecret':
      return sealedSecretStore(api, { ...store, keys });
    case 'vault':
      return refreshing(api, store, vaultStore({ ...store, keys }, await readToken(tokens, store.token)));
    case 'awsSecretsManager': {
      const key = store.credentials === undefined ? undefined : await readAccessKey(tokens, store.credentials);
      return refreshing(api, store, secretsManagerStore({ ...store, keys }, key));
    }
    case 'sops': {
      const { git, file, appliedTo } = store;
      const { tokenFile, username, ...repository } = git;
      const token = tokenFile === undefined ? undefined : { path: await findTokenFile(tokens, tokenFile), username };
      const sops = new Sops(await findTokenFile(tokens, store.identity));
      const opened = sopsStore(sops, { ...repository, token, file, keys });
      return appliedTo ? followed(opened, secretFollower(api, appliedTo)) : opened;
    }
  }
}

/** With External Secrets in between, told to read again. */
function refreshing(
  api: KubernetesApi,
  { refresh }: Extract<StoreSpec, { kind: 'vault' | 'awsSecretsManager' }>,
  store: CredentialStore,
): CredentialStore {
  return refresh ? followed(store, externalSecretFollower(api, refresh.externalSecret)) : store;
}
