import { RunbookError } from '../core/errors.js';
import type { Manifest, PgBackRestProof } from '../core/manifest.js';
import type { Backup } from '../runbooks/backup.js';
import type { Drill } from '../runbooks/drill.js';
import { openPgBackRest, type PgBackRest } from '../systems/sources/pgbackrest/pgbackrest.js';
import { checkTarget, parseTarget } from '../systems/sources/pgbackrest/restore-target.js';
import { scratchCluster, type ScratchCluster } from '../systems/sources/pgbackrest/scratch.js';
import type { AskedDatabase } from './restored-database.js';

/** The clusters of a backup that pgBackRest keeps. */
export function clustersOf({ sources }: Pick<Manifest, 'sources'>): PgBackRestProof[] {
  return sources.filter((proof): proof is PgBackRestProof => proof.kind === 'pgbackrest');
}

/** pgBackRest as the backup's runbook says it for this proof. @throws RunbookError InvalidRequest, InvalidSettings. */
export async function openRepository(
  { sources }: Backup,
  { name }: PgBackRestProof,
  tokens: string,
): Promise<PgBackRest> {
  const spec = sources.find((source) => source.kind === 'pgbackrest' && source.name === name);
  if (spec?.kind === 'pgbackrest') return openPgBackRest(spec, tokens);
  throw new RunbookError('InvalidRequest', `pgbackrest ${name}: expected it in the backup's runbook, found none`);
}

/** @throws RunbookError InvalidRequest for a moment that this backup is too young for, or has no cluster for. */
export function checkMoment({ at }: Drill, manifest: Manifest): void {
  const clusters = clustersOf(manifest);
  if (at !== undefined && clusters.length === 0)
    throw new RunbookError('InvalidRequest', 'at: expected a source pgbackrest in the backup, found none');
  for (const proof of clusters) checkTarget(proof, parseTarget(at));
}

/** The scratch place of a cluster. @throws RunbookError InvalidRequest where the runbook names none. */
export async function openCluster(
  { into, backup, at }: Drill,
  proof: PgBackRestProof,
  run: string,
  tokens: string,
): Promise<ScratchCluster> {
  const parent = into.pgbackrest;
  if (parent === undefined)
    throw new RunbookError('InvalidRequest', `into.pgbackrest: expected a scratch place for ${proof.name}, found none`);
  const pgBackRest = await openRepository(backup, proof, tokens);
  return scratchCluster({ pgBackRest, proof, parent, run, target: parseTarget(at) });
}

/** A database of a restored cluster, by its name, or as SOURCE/NAME; none where it is not in a cluster. */
export async function openInCluster(
  { runbook, run, called }: { runbook: Drill; run: string; called: string },
  manifest: Manifest,
  tokens: string,
): Promise<AskedDatabase | undefined> {
  const clusters = clustersOf(manifest);
  const named = clusters.find(({ name }) => called.startsWith(`${name}/`));
  const proof = named ?? (clusters.length === 1 ? clusters[0] : undefined);
  if (!proof) return undefined;
  const cluster = await openCluster(runbook, proof, run, tokens);
  const database = named ? called.slice(named.name.length + 1) : called;
  return { launch: await cluster.launch(AbortSignal.timeout(startMs)), scratch: { database } };
}

// It runs already, but for a machine that was started anew meanwhile.
const startMs = 600_000;

/** The moment that came back where nothing but clusters did: else that of the backup's oldest part counts. */
export async function readClusterMoment(
  { runbook, run }: { runbook: Drill; run: string },
  manifest: Manifest,
  tokens: string,
): Promise<string> {
  const clusters = clustersOf(manifest);
  if (clusters.length < manifest.sources.length) return manifest.recoveryPoint;
  const moments = clusters.map(async (proof) => (await openCluster(runbook, proof, run, tokens)).readMoment());
  return (await Promise.all(moments)).sort()[0] ?? manifest.recoveryPoint;
}
