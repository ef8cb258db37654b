import { activityInfo } from '@temporalio/activity';
import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { Manifest, SealedObject, SourceProof } from '../core/manifest.js';
import type { ByteProgress, Plan } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import type { Backup } from '../runbooks/backup.js';
import type { ObjectStore } from '../systems/objects/store.js';
import { commitManifest, manifestKey, readManifest } from '../systems/vault/manifest-file.js';
import { listBackups } from '../systems/vault/backup-list.js';
import { asStream, readWhole } from '../systems/vault/whole-object.js';
import { openPlace } from './backup-place.js';
import { findEarlier } from './earlier-backup.js';
import { beating } from './beating.js';
import { reporting } from './reporting.js';
import { createSource, type SourceParts } from './sources.js';
import { openStoredProgress } from './stored-progress.js';

/** One backup in the making. */
export interface BackupStep {
  runbook: Backup;
  id: string;
}

export interface PlannedBackup {
  plan: Plan;
}

const proofKey = (prefix: string, id: string, source: string) => `${prefix}/${id}/sources/${source}.json`;

const progressFolder = (prefix: string, id: string) => `${prefix}/${id}/progress/`;

/** Every object of a proof, wherever it stands in it. */
export function sealedObjects(value: unknown): SealedObject[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('sha256' in value && 'key' in value && 'plainBytes' in value) return [value as SealedObject];
  return Object.values(value).flatMap(sealedObjects);
}

/** Those that this backup has stored itself. */
function ownObjects(value: unknown): SealedObject[] {
  return sealedObjects(value).filter(({ of }) => of === undefined);
}

/** The activities of a backup up to the moment in which it exists. */
export function createBackingUpActivities(parts: SourceParts) {
  const { tokens } = parts;
  const steady = beating({
    /** Writes the signed manifest: from here on there is a backup. */
    async commitBackup({ runbook, id, startedAt, finishedAt, runId }: BackupCommit): Promise<string> {
      const { store, prefix, signingKey } = await openPlace(runbook, tokens);
      const sources = await readProofs(store, prefix, runbook, id);
      // Made before, by a try whose answer was lost: nothing but the manifest need be left of it.
      const made = sources ?? (await readManifest(store, prefix, id, signingKey.publicKey)).sources;
      const moments = made.map((proof) => momentOf(proof) ?? startedAt);
      const manifest: Manifest = {
        ...{ version: 1, id, runId, startedAt, finishedAt, sources: made },
        service: runbook.service,
        environment: runbook.environment,
        recoveryPoint: moments.sort()[0] ?? startedAt,
        recipients: runbook.recipients,
        tools: { compression: 'zstd', encryption: 'age', format: 'https://age-encryption.org/v1' },
      };
      await removeUnnamed(store, `${prefix}/${id}/`, manifest);
      // Of a worker that was killed: the store lists no such part, and takes money for it.
      await store.abandonUploads(`${prefix}/${id}/`, 0);
      await commitManifest(store, prefix, manifest, signingKey);
      await store.remove(runbook.sources.map(({ name }) => proofKey(prefix, id, name)));
      await removeBelow(store, progressFolder(prefix, id));
      const objects = made.flatMap(sealedObjects);
      return `${id}: ${objects.length} objects, ${describeBytes(objects)}`;
    },

    /** Takes away all that a run has stored of a backup: the manifest first, so that no half of one can be taken for a whole. */
    async removeUncommitted({ runbook, id }: BackupStep): Promise<void> {
      const { store, prefix } = await openPlace(runbook, tokens);
      await store.remove([manifestKey(prefix, id)]);
      await removeBelow(store, `${prefix}/${id}/`);
      await store.abandonUploads(`${prefix}/${id}/`, 0);
    },
  });
  return {
    ...createPlanning(parts),
    ...steady,

    /** Reads, compresses, encrypts and stores one source. Goes on where a worker before it was killed. */
    async backUpSource({ runbook, id, source }: BackupStep & { source: string }): Promise<string> {
      const spec = runbook.sources.find(({ name }) => name === source);
      if (!spec) throw new RunbookError('InvalidRequest', `source ${source}: expected one of the runbook's`);
      const place = await openPlace(runbook, tokens);
      const progress: ByteProgress = { doing: `back up ${source}`, bytes: 0 };
      const { attempt } = activityInfo();
      const proofs = await reporting(progress, async ({ signal, ...heartbeat }) => {
        const key = `${progressFolder(place.prefix, id)}${source}.${attempt}.json`;
        const { settle, ...stored } = await openStoredProgress(place.store, key, heartbeat);
        try {
          return await (
            await createSource(spec, parts)
          ).backUp({
            ...{ id, vault: place.vault(id, attempt), signal, ...stored },
            findEarlier: () => findEarlier(runbook, place, id),
            onProgress: (bytes, totalBytes) => {
              progress.bytes += bytes;
              if (totalBytes !== undefined) progress.totalBytes = totalBytes;
            },
          });
        } finally {
          await settle();
        }
      });
      await place.store.put(proofKey(place.prefix, id, source), asStream(JSON.stringify(proofs)));
      return describeProofs(proofs);
    },
  };
}

function createPlanning(parts: SourceParts) {
  const { tokens } = parts;
  return beating({
    /** Reads what there is to back up and where to; fails where the backup would. Changes nothing. */
    async planBackup({ runbook }: { runbook: Backup }): Promise<PlannedBackup> {
      const { store, prefix } = await openPlace(runbook, tokens);
      const signal = AbortSignal.timeout(60_000);
      const changes = [];
      for (const spec of runbook.sources) {
        const found = await (await createSource(spec, parts)).check(signal);
        changes.push({
          what: `${spec.kind} ${spec.name}`,
          from: found.join(', '),
          to: `${runbook.to.bucket}/${prefix}`,
        });
      }
      const [newest] = await listBackups(store, prefix);
      const plan: Omit<Plan, 'hash'> = {
        kind: 'backup',
        subject: `${runbook.service} in ${runbook.environment}`,
        changes,
        wayBack: 'what is not whole is removed; earlier backups stay as they are',
        notes: [
          newest ? `the newest backup is ${newest.id} (${newest.states.at(-1)})` : 'there is no backup yet',
          ...(runbook.recipients.length === 1
            ? ['only one key can open it: name a second one that is held offline']
            : []),
        ],
      };
      return { plan: { ...plan, hash: hashPlan(plan) } };
    },
  });
}

/** What each source has told of itself; undefined where that is gone, as it is once there is a manifest. */
async function readProofs(
  store: ObjectStore,
  prefix: string,
  { sources }: Backup,
  id: string,
): Promise<SourceProof[] | undefined> {
  const proofs: SourceProof[] = [];
  for (const { name } of sources) {
    const text = await readWhole(store, proofKey(prefix, id, name));
    if (!text) return undefined;
    proofs.push(...(JSON.parse(text.toString('utf8')) as SourceProof[]));
  }
  return proofs;
}

async function removeBelow(store: ObjectStore, folder: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(folder)) keys.push(key);
  await store.remove(keys);
}

/** What an earlier try has stored and nobody names: whoever restores by hand takes all that lies in a folder. */
async function removeUnnamed(store: ObjectStore, folder: string, { sources }: Manifest): Promise<void> {
  const named = new Set(ownObjects(sources).map(({ key }) => `${folder}${key}`));
  const unnamed: string[] = [];
  for await (const { key } of store.list(folder)) if (key.endsWith('.zst.age') && !named.has(key)) unnamed.push(key);
  await store.remove(unnamed);
}

/** The moment that a source goes back to, where it is not that of the beginning. */
function momentOf(proof: SourceProof): string | undefined {
  if (proof.kind === 'postgres') return proof.snapshotAt;
  return proof.kind === 'pgbackrest' ? proof.stoppedAt : undefined;
}

interface BackupCommit extends BackupStep {
  runId: string;
  startedAt: string;
  finishedAt: string;
}

function sum(objects: SealedObject[], field: 'bytes' | 'plainBytes'): number {
  return objects.reduce((total, object) => total + object[field], 0);
}

function describeProofs(proofs: SourceProof[]): string {
  const objects = proofs.flatMap(sealedObjects);
  const tables = proofs.flatMap((proof) => (proof.kind === 'postgres' ? proof.tables : []));
  const rows = tables.reduce((total, table) => total + table.rows, 0);
  const counted = tables.length > 0 ? `${rows} rows of ${tables.length} tables, ` : '';
  const clusters = proofs.flatMap((proof) => (proof.kind === 'pgbackrest' ? [proof] : []));
  if (clusters.length > 0)
    return clusters
      .map((each) => `${each.label}: ${formatBytes(each.bytes)} as ${formatBytes(each.storedBytes)}`)
      .join();
  return `${counted}${describeBytes(objects)}`;
}

function describeBytes(objects: SealedObject[]): string {
  const all = `${formatBytes(sum(objects, 'plainBytes'))} as ${formatBytes(sum(objects, 'bytes'))}`;
  const own = ownObjects(objects);
  return own.length === objects.length ? all : `${all}, of which ${formatBytes(sum(own, 'bytes'))} are new`;
}
