import type { Manifest } from '../core/manifest.js';
import type { Backup } from '../runbooks/backup.js';
import { listLabels, verifyPhysical } from '../systems/sources/pgbackrest/verify.js';
import { listBackups, unmarkStates } from '../systems/vault/backup-list.js';
import { readManifest } from '../systems/vault/manifest-file.js';
import { openPlace } from './backup-place.js';
import { clustersOf, openRepository } from './drilling-clusters.js';

/** Reads the repositories of a backup's clusters; says a sentence of each. @throws RunbookError BackupCorrupt with what is damaged. */
export async function verifyClusters(
  runbook: Backup,
  manifest: Manifest,
  tokens: string,
  signal: AbortSignal,
): Promise<string[]> {
  const told: string[] = [];
  for (const proof of clustersOf(manifest))
    told.push(await verifyPhysical(await openRepository(runbook, proof, tokens), proof, signal));
  return told;
}

/**
 * Only when a newer backup is verified may pgBackRest remove what its own repo1-retention-… no longer keep: a night that failed removes
 * nothing. A backup that was nothing but what has gone is no verified one any more: retention must not count it.
 */
export async function expireClusters(
  runbook: Backup,
  manifest: Manifest,
  tokens: string,
  signal: AbortSignal,
): Promise<void> {
  const clusters = clustersOf(manifest);
  const kept = new Map<string, string[]>();
  for (const proof of clusters) {
    const pgBackRest = await openRepository(runbook, proof, tokens);
    await pgBackRest.run('expire', [], { signal });
    kept.set(proof.name, await listLabels(pgBackRest, signal));
  }
  if (clusters.length === 0 || clusters.length < manifest.sources.length) return;
  const { store, prefix, signingKey } = await openPlace(runbook, tokens);
  for (const { id, states } of await listBackups(store, prefix)) {
    if (id === manifest.id || states.length === 1) continue;
    // One whose manifest cannot be read is for its own drill to tell.
    const older = await readManifest(store, prefix, id, signingKey.publicKey).catch(() => ({ sources: [] }));
    if (clustersOf(older).some(({ name, label }) => kept.get(name)?.includes(label) === false))
      await unmarkStates(store, prefix, id);
  }
}
