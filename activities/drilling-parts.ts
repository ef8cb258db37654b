import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { BucketProof, FilesProof, KubernetesProof, Manifest, PgBackRestProof } from '../core/manifest.js';
import type { ByteProgress, Change } from '../core/record.js';
import type { Drill } from '../runbooks/drill.js';
import { copiedBucket } from '../systems/sources/bucket/compare.js';
import { openCopies } from '../systems/sources/bucket/source.js';
import { scratchFolder } from '../systems/sources/files/scratch.js';
import { scratchNamespace } from '../systems/sources/kubernetes/scratch.js';
import type { Scratch } from '../systems/sources/source.js';
import { readManifest } from '../systems/vault/manifest-file.js';
import { openPlace } from './backup-place.js';
import { beating } from './beating.js';
import { openCluster } from './drilling-clusters.js';
import { reporting } from './reporting.js';
import { clusterOf, type SourceParts } from './sources.js';

type PartProof = PgBackRestProof | KubernetesProof | FilesProof | BucketProof;

/** A part of a backup that is no database read by itself. */
export interface DrillPart {
  kind: PartProof['kind'];
  name: string;
}

export interface PartStep {
  runbook: Drill;
  backup: string;
  /** Names the scratch place. */
  run: string;
  part: DrillPart;
}

// Databases come before these: the application, then the rest.
const order: Array<PartProof['kind']> = ['pgbackrest', 'kubernetes', 'files', 'bucket'];

/** The parts of a backup that are no databases, in the order in which they come back. */
export function partsOf({ sources }: Manifest): DrillPart[] {
  return order.flatMap((kind) => sources.filter((proof) => proof.kind === kind).map(({ name }) => ({ kind, name })));
}

/** Where a part would come back. @throws RunbookError InvalidRequest when the runbook does not say it. */
export function planPart({ into, at }: Drill, backup: string, { kind, name }: DrillPart): Change {
  const to = kind === 'bucket' ? 'compared where its copy lies' : into[kind];
  if (to === undefined)
    throw new RunbookError('InvalidRequest', `into.${kind}: expected a scratch place for ${name}, found none`);
  const when = kind === 'pgbackrest' ? `, at: ${at ?? 'latest'}` : '';
  return { what: `${kind} ${name}`, from: `backup ${backup}${when}`, to };
}

/** The activities of a drill for all that is no database. All of them can be repeated. */
export function createPartDrillingActivities(parts: SourceParts) {
  async function open({ runbook, backup, run, part }: PartStep) {
    const place = await openPlace(runbook.backup, parts.tokens);
    const manifest = await readManifest(place.store, place.prefix, backup, place.signingKey.publicKey);
    const proof = manifest.sources.find(({ kind, name }) => kind === part.kind && name === part.name);
    if (!proof) throw new RunbookError('NotFound', `${part.kind} ${part.name}: not in backup ${backup}`);
    const scratch = await openScratch(parts, runbook, proof as PartProof, run);
    return { proof: proof as PartProof, scratch, vault: place.vault(backup) };
  }

  async function report<T>(
    doing: string,
    step: PartStep,
    act: (scratch: Scratch, restoring: Parameters<Scratch['restore']>[0]) => Promise<T>,
  ) {
    const { proof, scratch, vault } = await open(step);
    const progress: ByteProgress = { doing: `${doing} ${step.part.name}`, bytes: 0, totalBytes: sizeOf(proof) };
    const result = await reporting(progress, ({ signal }) => {
      const onProgress = (bytes: number, totalBytes?: number) => {
        progress.bytes += bytes;
        if (totalBytes !== undefined) progress.totalBytes = totalBytes;
      };
      return act(scratch, { vault, streams: step.runbook.streams, signal, onProgress });
    });
    return { result, proof, bytes: progress.bytes };
  }

  return {
    ...beating({
      /** Takes the scratch place of one part down. */
      async removePart(step: PartStep): Promise<void> {
        await (await open(step)).scratch.remove();
      },
    }),

    /** Restores one part into its scratch place, from nothing: what a try before has left is removed first. */
    async restorePart(step: PartStep): Promise<string> {
      const { proof, bytes } = await report('restore', step, async (scratch, restoring) => {
        await scratch.prepare();
        await scratch.restore(restoring);
      });
      return `${formatBytes(bytes)}, ${countOf(proof)}`;
    },

    /** Compares what came back with the backup's proof. @throws RunbookError BackupCorrupt with the first differences. */
    async comparePart(step: PartStep): Promise<string> {
      const { proof, result } = await report('compare', step, (scratch, restoring) => scratch.compare(restoring));
      if (result.length === 0) return proof.kind === 'pgbackrest' ? soundCluster : `${countOf(proof)}: the same`;
      const shown = result.slice(0, 10).join('; ');
      const { kind, name } = step.part;
      throw new RunbookError('BackupCorrupt', `${kind} ${name}: ${result.length} difference(s): ${shown}`);
    },
  };
}

async function openScratch(
  { tokens, api }: SourceParts,
  runbook: Drill,
  proof: PartProof,
  run: string,
): Promise<Scratch> {
  const { into, backup } = runbook;
  if (proof.kind === 'bucket') {
    const spec = backup.sources.find(({ kind, name }) => kind === 'bucket' && name === proof.name);
    if (spec?.kind !== 'bucket')
      throw new RunbookError('InvalidRequest', `bucket ${proof.name}: expected it in the backup's runbook, found none`);
    return copiedBucket(await openCopies(spec, tokens), proof);
  }
  if (proof.kind === 'pgbackrest') return openCluster(runbook, proof, run, tokens);
  const { to } = planPart(runbook, '', proof);
  return proof.kind === 'files'
    ? scratchFolder(to, proof, run)
    : scratchNamespace(clusterOf(proof.name, api), into.kubernetes ?? '', proof, run);
}

/** A cluster goes on from the backup's moment to the wanted one: there is nothing that it could be the same as. */
export const soundCluster = 'every page, row and B-tree of the cluster was read: none is damaged';

/** What is read of it: of a bucket the objects themselves. */
function sizeOf(proof: PartProof): number {
  if (proof.kind === 'kubernetes') return proof.objects.plainBytes;
  return proof.kind === 'files' ? proof.archive.plainBytes : proof.bytes;
}

function countOf(proof: PartProof): string {
  if (proof.kind === 'pgbackrest') return `backup ${proof.label}`;
  if (proof.kind === 'bucket') return `${proof.objects} objects`;
  return proof.kind === 'files' ? `${proof.entries} entries` : `${proof.entries.length} objects`;
}
