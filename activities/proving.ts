import { createHash } from 'node:crypto';
import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { SealedObject } from '../core/manifest.js';
import type { ByteProgress } from '../core/record.js';
import type { ObjectStore } from '../systems/objects/store.js';
import { markState } from '../systems/vault/backup-list.js';
import { commitManifest, readManifest } from '../systems/vault/manifest-file.js';
import { checkObjectLists } from '../systems/vault/object-lists.js';
import { pathOf } from '../systems/vault/vault.js';
import { openPlace, type BackupPlace } from './backup-place.js';
import { expireClusters, verifyClusters } from './proving-clusters.js';
import { type BackupStep, sealedObjects } from './backing-up.js';
import { reporting } from './reporting.js';
import type { SourceParts } from './sources.js';

/** What follows once a backup exists: a copy elsewhere, and the proof that every byte can be read. */
export function createProvingActivities({ tokens }: SourceParts) {
  return {
    /** Copies a backup to the second bucket, manifest last; what is there already with the right size and hash is not sent again. */
    async replicateBackup({ runbook, id }: BackupStep): Promise<string> {
      if (!runbook.replica) throw new RunbookError('InvalidRequest', 'replica: expected a second bucket, found none');
      const [from, to] = [await openPlace(runbook, tokens), await openPlace(runbook, tokens, runbook.replica)];
      const manifest = await readManifest(from.store, from.prefix, id, from.signingKey.publicKey);
      const objects = sealedObjects(manifest.sources);
      const progress = start('copy to the second bucket', objects);
      await reporting(progress, async ({ signal }) => {
        for (const object of objects) {
          signal.throwIfAborted();
          const before = progress.bytes;
          await copyObject(object, id, from, to, count(progress));
          // What was there already is not sent.
          progress.bytes = before + object.bytes;
        }
      });
      await commitManifest(to.store, to.prefix, manifest, to.signingKey);
      await markState(from.store, from.prefix, id, 'replicated', {
        at: new Date().toISOString(),
        to: runbook.replica.bucket,
      });
      return `${objects.length} objects, ${formatBytes(progress.bytes)} to ${runbook.replica.bucket}`;
    },

    /** Reads every byte back, from the copy where there is one, and compares it with the manifest. */
    async verifyBackup({ runbook, id }: BackupStep): Promise<string> {
      const own = await openPlace(runbook, tokens);
      const { store, prefix } = runbook.replica ? await openPlace(runbook, tokens, runbook.replica) : own;
      const manifest = await readManifest(store, prefix, id, own.signingKey.publicKey);
      const objects = sealedObjects(manifest.sources);
      const progress = start('read every byte back', objects);
      const told: string[] = [];
      await reporting(progress, async ({ signal }) => {
        for (const object of objects) {
          signal.throwIfAborted();
          await checkObject(store, pathOf(prefix, id, object), object, count(progress));
        }
        await checkObjectLists(store, prefix, manifest);
        told.push(...(await verifyClusters(runbook, manifest, tokens, signal)));
      });
      const at = new Date().toISOString();
      await markState(own.store, own.prefix, id, 'verified', { at, objects: objects.length, bytes: progress.bytes });
      await reporting(progress, ({ signal }) => expireClusters(runbook, manifest, tokens, signal));
      return [`${objects.length} objects, ${formatBytes(progress.bytes)}: as the manifest says`, ...told].join('; ');
    },
  };
}

function start(doing: string, objects: SealedObject[]): ByteProgress {
  return { doing, bytes: 0, totalBytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
}

type Count = (chunk: Uint8Array) => void;

function count(progress: ByteProgress): Count {
  return ({ length }) => {
    progress.bytes += length;
  };
}

async function copyObject(
  object: SealedObject,
  id: string,
  from: BackupPlace,
  to: BackupPlace,
  onChunk: Count,
): Promise<void> {
  const key = pathOf(to.prefix, id, object);
  const found = await to.store.head(key);
  if (found?.bytes === object.bytes && found.sha256 === object.sha256) return;
  const original = await from.store.get(pathOf(from.prefix, id, object));
  const counted = async function* () {
    for await (const chunk of original) {
      onChunk(chunk);
      yield chunk;
    }
  };
  const { bytes, sha256 } = await to.store.put(key, counted());
  if (bytes !== object.bytes || sha256 !== object.sha256) throw corrupt(object.key, object, bytes);
}

/** One object against what the manifest says of it. @throws RunbookError BackupCorrupt with its name. */
async function checkObject(store: ObjectStore, key: string, object: SealedObject, onChunk: Count): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of await store.get(key)) {
      hash.update(chunk);
      bytes += chunk.length;
      onChunk(chunk);
    }
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'NotFound')
      throw new RunbookError('BackupCorrupt', `${key}: expected ${object.bytes} bytes, found no such object`);
    throw error;
  }
  if (bytes !== object.bytes || hash.digest('hex') !== object.sha256) throw corrupt(key, object, bytes);
}

function corrupt(key: string, object: SealedObject, bytes: number): RunbookError {
  const found = bytes === object.bytes ? 'other ones' : `${bytes}`;
  return new RunbookError(
    'BackupCorrupt',
    `${key}: expected the ${object.bytes} bytes of the manifest, found ${found}`,
  );
}
