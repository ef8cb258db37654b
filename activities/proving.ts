import { createHash } from 'node:crypto';
import { formatBytes } from '../core/bytes.js';
import { RunbookError } from '../core/errors.js';
import type { SealedObject } from '../core/manifest.js';
import type { ObjectStore } from '../systems/objects/store.js';
import { markState } from '../systems/vault/backup-list.js';
import { commitManifest, readManifest } from '../systems/vault/manifest-file.js';
import { openPlace, type BackupPlace } from './backup-place.js';
import { type BackupStep, sealedObjects } from './backing-up.js';
import { reporting, type ByteProgress } from './reporting.js';
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
          await copyObject(object, id, from, to);
          progress.bytes += object.bytes;
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
      await reporting(progress, async ({ signal }) => {
        for (const object of objects) {
          signal.throwIfAborted();
          await checkObject(store, `${prefix}/${id}/${object.key}`, object);
          progress.bytes += object.bytes;
        }
      });
      const at = new Date().toISOString();
      await markState(own.store, own.prefix, id, 'verified', { at, objects: objects.length, bytes: progress.bytes });
      return `${objects.length} objects, ${formatBytes(progress.bytes)}: as the manifest says`;
    },
  };
}

function start(doing: string, objects: SealedObject[]): ByteProgress {
  return { doing, bytes: 0, totalBytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function copyObject(object: SealedObject, id: string, from: BackupPlace, to: BackupPlace): Promise<void> {
  const key = `${to.prefix}/${id}/${object.key}`;
  const found = await to.store.head(key);
  if (found?.bytes === object.bytes && found.sha256 === object.sha256) return;
  const { bytes, sha256 } = await to.store.put(key, await from.store.get(`${from.prefix}/${id}/${object.key}`));
  if (bytes !== object.bytes || sha256 !== object.sha256) throw corrupt(object.key, object, bytes);
}

/** One object against what the manifest says of it. @throws RunbookError BackupCorrupt with its name. */
async function checkObject(store: ObjectStore, key: string, object: SealedObject): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of await store.get(key)) {
      hash.update(chunk);
      bytes += chunk.length;
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
