import { RunbookError } from '../core/errors.js';
import type { Backup } from '../runbooks/backup.js';
import type { EarlierBackup } from '../systems/sources/source.js';
import { listBackups } from '../systems/vault/backup-list.js';
import { readManifest } from '../systems/vault/manifest-file.js';
import type { BackupPlace } from './backup-place.js';

const doubts = ['BackupCorrupt', 'NotFound', 'Refused'];

/**
 * The newest backup that another may refer to: every byte of it was read back, it is in the second bucket where there is one, and
 * whoever is to open the new one can open it.
 */
export async function findEarlier(
  runbook: Backup,
  { store, prefix, signingKey }: BackupPlace,
  id: string,
): Promise<EarlierBackup | undefined> {
  const backups = (await listBackups(store, prefix)).filter((each) => each.id !== id);
  const found = backups.find(
    ({ states }) => states.includes('verified') && (!runbook.replica || states.includes('replicated')),
  );
  if (!found) return undefined;
  const manifest = await readManifest(store, prefix, found.id, signingKey.publicKey).catch((error: unknown) => {
    // One that cannot be trusted must not keep tonight's from being made.
    if (error instanceof RunbookError && doubts.includes(error.code)) return undefined;
    throw error;
  });
  if (!manifest || !areSame(manifest.recipients, runbook.recipients)) return undefined;
  const countSince = (since: string) => backups.filter((each) => each.id >= since).length;
  return { id: found.id, sources: manifest.sources, countSince };
}

function areSame(some: string[], others: string[]): boolean {
  return some.toSorted().join() === others.toSorted().join();
}
