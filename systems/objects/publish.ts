import { RunbookError } from '../../core/errors.js';
import { tryOften } from './attempts.js';
import { isNotImplemented, storeFailure } from './failures.js';
import { headObject } from './head.js';
import type { Connection } from './connect.js';

/** What must be there once it is published. */
export interface Wanted {
  key: string;
  bytes: number;
  checksum: string;
  putId: string;
  ifAbsent: boolean;
}

/**
 * Sends the request that makes an object visible, and then looks whether it is there and right, whatever was answered: a 200 may
 * hold an error (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html), and a lost answer may have
 * been a success. The mark of this very `put` tells its object from an older one under the same key.
 * @throws RunbookError Conflict: it was there before, and `ifAbsent`.
 */
export async function publish(
  connection: Connection,
  wanted: Wanted,
  signal: AbortSignal | undefined,
  send: (condition: { IfNoneMatch?: '*' }) => Promise<unknown>,
): Promise<void> {
  const what = `put ${JSON.stringify(wanted.key)}`;
  let condition: { IfNoneMatch?: '*' } = wanted.ifAbsent ? { IfNoneMatch: '*' } : {};
  await tryOften(connection, what, signal, async (tries) => {
    const thrown: unknown = await send(condition).then(
      () => undefined,
      (error: unknown) => error,
    );
    signal?.throwIfAborted();
    const failure = thrown === undefined ? undefined : storeFailure(connection, what, thrown);
    if (failure && !mayHaveHappened.has(failure.code) && !isNotImplemented(thrown)) throw failure;
    const found = await headObject(connection, wanted.key, signal);
    if (found?.putId === wanted.putId && found.bytes === wanted.bytes && hasChecksum(found.checksum, wanted)) return;
    if (isNotImplemented(thrown) && wanted.ifAbsent) {
      // A store without conditional writes: as good as looking before can be.
      if (found) throw conflict(connection, wanted.key);
      condition = {};
    }
    if (failure?.code === 'Conflict' && wanted.ifAbsent) throw conflict(connection, wanted.key);
    // An upload that vanishes after a lost answer has been completed, and may be a moment away from being seen.
    if (failure && !(failure.code === 'NotFound' && tries > 0)) throw failure;
    throw new RunbookError(
      'StoreUnreachable',
      `${connection.where}: ${what}: expected ${wanted.bytes} bytes to be there after it, found ${found ? `an object of ${found.bytes}, not as sent` : 'nothing'}`,
    );
  });
}

const mayHaveHappened = new Set(['StoreUnreachable', 'NotFound', 'Conflict']);

/** A store that keeps no SHA-256 has still checked it by the signature. */
function hasChecksum(found: string | undefined, wanted: Wanted): boolean {
  return found === undefined || found === wanted.checksum;
}

function conflict(connection: Connection, key: string): RunbookError {
  return new RunbookError(
    'Conflict',
    `${connection.where}: put ${JSON.stringify(key)}: expected none to be there, found one`,
  );
}
