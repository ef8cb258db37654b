import type { Backup } from '../runbooks/backup.js';
import type { Store } from '../runbooks/store.js';
import { connectObjectStore, type ObjectStore } from '../systems/objects/store.js';
import { findTokenFile } from '../systems/token-file.js';
import { readSigningKey, type SigningKey } from '../systems/vault/signing.js';
import { createVault, type Vault } from '../systems/vault/vault.js';

/** Where the backups of a runbook lie. */
export interface BackupPlace {
  store: ObjectStore;
  prefix: string;
  signingKey: SigningKey;
  /** One backup's own place. */
  vault: (id: string, attempt?: number) => Vault;
}

/** What the keys of a service's backups begin with. */
export function prefixOf({ prefix }: Store, { environment, service }: Backup): string {
  return [prefix, environment, service].filter((part) => part !== '').join('/');
}

/**
 * Opens the place of a runbook's backups: its own, or that of the copies.
 * @throws RunbookError InvalidSettings; no request is sent yet.
 */
export async function openPlace(runbook: Backup, tokens: string, at: Store = runbook.to): Promise<BackupPlace> {
  const store = await connectObjectStore(at, tokens);
  const prefix = prefixOf(at, runbook);
  const { recipients, identity } = runbook;
  const identityFile = identity === undefined ? undefined : await findTokenFile(tokens, identity);
  return {
    store,
    prefix,
    signingKey: await readSigningKey(tokens, runbook.signingKey),
    vault: (id, attempt) => createVault({ store, prefix, id, recipients, identityFile, attempt }),
  };
}
