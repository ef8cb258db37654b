import { RunbookError } from '../../../core/errors.js';
import type { ObjectStore } from '../../objects/store.js';
import { readIndex, writeIndex, type CopiedObject, type Copies } from './copies.js';

export interface BucketCopy {
  from: ObjectStore;
  to: Copies;
  /** keep: what is gone from the bucket stays as a copy; mirror: it goes. */
  deletions: 'keep' | 'mirror';
  signal: AbortSignal;
  onProgress: (bytes: number, totalBytes?: number) => void;
}

interface Listed {
  key: string;
  bytes: number;
  etag: string;
}

const sideBySide = 8;
/** After so many bytes the index is written: what a killed worker has sent before is not sent again. */
const checkpointBytes = 1_000_000_000;

/**
 * Copies what is new or has changed, then removes what is gone where that is wanted. What a killed run has begun, the next one goes on
 * with. Answers the objects of the bucket as they were copied.
 * @throws RunbookError Refused when the bucket is empty and its copy is not; and of the stores.
 */
export async function copyBucket(copy: BucketCopy): Promise<Map<string, CopiedObject>> {
  const { to, signal } = copy;
  const known = await readIndex(to);
  const copied = new Map<string, Listed>();
  for await (const object of to.store.list(to.objects)) copied.set(object.key.slice(to.objects.length), object);
  await to.store.abandonUploads(to.objects, 0);
  const inventory = new Map<string, CopiedObject>();
  const waiting: Listed[] = [];
  for await (const object of copy.from.list('')) {
    signal.throwIfAborted();
    const before = known.get(object.key);
    if (before && isSame(object, before, copied.get(object.key))) inventory.set(object.key, before);
    else waiting.push(object);
  }
  if (inventory.size === 0 && waiting.length === 0 && copied.size > 0)
    throw new RunbookError(
      'Refused',
      `bucket: expected objects as the ${copied.size} of its copy, found none; if it is meant to be empty, empty the copy`,
    );
  copy.onProgress(
    0,
    waiting.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  await copyAll(copy, waiting, known, inventory);
  const gone = [...copied.keys()].filter((key) => !inventory.has(key));
  if (copy.deletions === 'mirror') {
    await to.store.remove(gone.map((key) => to.objects + key));
    for (const key of [...known.keys()]) if (!inventory.has(key)) known.delete(key);
  }
  await writeIndex(to, known);
  return inventory;
}

function isSame(object: Listed, before: CopiedObject, copy: Listed | undefined): boolean {
  return (
    object.etag === before.etag &&
    object.bytes === before.bytes &&
    copy?.bytes === before.bytes &&
    copy.etag === before.copyEtag
  );
}

async function copyAll(
  copy: BucketCopy,
  waiting: Listed[],
  known: Map<string, CopiedObject>,
  inventory: Map<string, CopiedObject>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([copy.signal, failed.signal]);
  let sinceCheckpoint = 0;
  const stream = async () => {
    try {
      for (let object = waiting.shift(); object && !stop.aborted; object = waiting.shift()) {
        const done = await copyObject({ ...copy, signal: stop }, object.key);
        if (!done) continue;
        known.set(done.key, done);
        inventory.set(done.key, done);
        sinceCheckpoint += done.bytes;
        if (sinceCheckpoint < checkpointBytes) continue;
        sinceCheckpoint = 0;
        await writeIndex(copy.to, known);
      }
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(sideBySide, waiting.length) }, stream));
  if (!stop.aborted) return;
  // What has been sent is remembered, also by a run that fails.
  await writeIndex(copy.to, known).catch(() => undefined);
  throw stop.reason as Error;
}

/** One object with all that is said of it; undefined when it has gone since it was listed. */
async function copyObject(
  { from, to, signal, onProgress }: BucketCopy,
  key: string,
): Promise<CopiedObject | undefined> {
  const opened = await from.open(key).catch((error: unknown) => {
    if (error instanceof RunbookError && error.code === 'NotFound') return undefined;
    throw error;
  });
  if (!opened) return undefined;
  const { body, bytes, etag, version, description } = opened;
  const counted = async function* () {
    for await (const chunk of body) {
      onProgress(chunk.length);
      yield chunk;
    }
  };
  const sent = await to.store.put(to.objects + key, counted(), { signal, description });
  if (sent.bytes !== bytes) throw readBack(key, `${bytes} bytes`, `${sent.bytes}`);
  const stored = await to.store.head(to.objects + key);
  if (!stored) throw readBack(key, 'its copy', 'none');
  const copiedAt = new Date().toISOString();
  return {
    ...{ key, bytes, etag, sha256: sent.sha256, copiedAt },
    ...(version !== undefined && { version }),
    copyEtag: stored.etag,
  };
}

function readBack(key: string, wanted: string, found: string): RunbookError {
  return new RunbookError('ReadBackFailed', `object ${JSON.stringify(key)}: expected ${wanted}, found ${found}`);
}
