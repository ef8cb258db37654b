import type { SealedObject } from '../../core/manifest.js';
import { RunbookError } from '../../core/errors.js';
import type { ObjectStore } from '../objects/store.js';
import { corrupt, openStream } from './open.js';
import { sealStream } from './seal.js';

/** One backup's place in a store: what goes in is compressed and encrypted, what comes out is what went in. */
export interface Vault {
  /**
   * Stores a stream under the key, whole or not at all. Sealing a key again replaces it.
   * @throws RunbookError of the store; InvalidSettings, Unexpected; what `plain` throws.
   */
  seal(
    key: string,
    plain: AsyncIterable<Uint8Array>,
    options?: { signal?: AbortSignal | undefined; onProgress?: ((plainBytes: number) => void) | undefined },
  ): Promise<SealedObject>;
  /**
   * What was sealed. Only who reads it to its end without an error has had all of it, and nothing else.
   * @throws RunbookError of the store; BackupCorrupt (also when it is missing), WrongKey, InvalidSettings, Unexpected.
   */
  open(object: SealedObject, options?: { signal?: AbortSignal | undefined }): AsyncIterable<Uint8Array>;
}

/** Where an object of a backup lies: in its own folder, or in that of the earlier one that has stored it. */
export function pathOf(prefix: string, id: string, { key, of }: Pick<SealedObject, 'key' | 'of'>): string {
  return `${prefix}/${of ?? id}/${key}`;
}

/** The vault of the backup `id` below `prefix` of the store; without `identityFile`, a path, it can only be put into. */
export function createVault(parts: {
  store: ObjectStore;
  prefix: string;
  id: string;
  recipients: string[];
  identityFile?: string | undefined;
  /** Stands in the names of what is sealed: a worker that was given up, but does not know it, overwrites nothing of its follower's. */
  attempt?: number | undefined;
}): Vault {
  return {
    seal: (key, plain, options) => seal(parts, nameOf(key, parts.attempt), plain, options),
    open: (object, options) => open(parts, object, options?.signal),
  };
}

const ending = '.zst.age';

/** `000001.zst.age` of the second attempt is `000001.2.zst.age`: the order of names stays that of the keys. */
function nameOf(key: string, attempt: number | undefined): string {
  return attempt !== undefined && key.endsWith(ending) ? `${key.slice(0, -ending.length)}.${attempt}${ending}` : key;
}

type Parts = Parameters<typeof createVault>[0];

async function seal(
  { store, prefix, id, recipients }: Parts,
  key: string,
  plain: AsyncIterable<Uint8Array>,
  { signal, onProgress }: NonNullable<Parameters<Vault['seal']>[2]> = {},
): Promise<SealedObject> {
  const path = pathOf(prefix, id, { key });
  if (recipients.length === 0)
    throw new RunbookError('InvalidSettings', `seal ${JSON.stringify(path)}: expected recipients, found none`);
  const stop = new AbortController();
  const stopBy = () => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stopBy, { once: true });
  let plainBytes = 0;
  const count = (bytes: number) => {
    plainBytes += bytes;
    onProgress?.(plainBytes);
  };
  const sealed = sealStream(`seal ${JSON.stringify(path)}`, plain, recipients, { signal: stop.signal, count });
  try {
    const { bytes, sha256 } = await store.put(path, sealed, { signal: stop.signal });
    return { key, bytes, sha256, plainBytes };
  } catch (error) {
    // A store that fails ends the programs too, also while they wait for a slow source.
    stop.abort(error);
    await sealed.return().catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stopBy);
  }
}

async function* open(
  { store, prefix, id, identityFile }: Parts,
  object: SealedObject,
  signal: AbortSignal | undefined,
) {
  const path = pathOf(prefix, id, object);
  const what = `backup object ${JSON.stringify(path)}`;
  if (identityFile === undefined)
    throw new RunbookError('InvalidSettings', `${what}: expected an identity file to open it with, found none`);
  let stored: AsyncIterable<Uint8Array>;
  try {
    stored = await store.get(path);
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'NotFound')
      throw corrupt(what, 'expected it there, found none');
    throw error;
  }
  yield* openStream(stored, { what, object, identityFile, signal });
}
