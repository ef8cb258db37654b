import type { StoreSpec } from '../../runbooks/credential-stores.js';

/** The Secret of the cluster that the consumers of a store read, where it is known. */
export function secretOf(store: StoreSpec): { namespace: string; name: string } | undefined {
  switch (store.kind) {
    case 'kubernetesSecret':
    case 'sealedSecret':
      return { namespace: store.namespace, name: store.name };
    case 'sops':
      return store.appliedTo;
    case 'vault':
    case 'awsSecretsManager':
      return undefined;
  }
}
