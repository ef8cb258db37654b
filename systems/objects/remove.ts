import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { RunbookError } from '../../core/errors.js';
import { bounded, callSeconds, tryOften } from './attempts.js';
import { headObject } from './head.js';
import type { Connection } from './connect.js';

/** S3 takes no more in one request. */
const mostInRequest = 1000;
const lookedAtOnce = 16;

/**
 * Takes objects away, and looks that they are gone. See `ObjectStore.remove`.
 * @throws RunbookError ReadBackFailed: one is still there.
 */
export async function removeObjects(connection: Connection, keys: string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += mostInRequest) {
    const some = keys.slice(start, start + mostInRequest);
    await removeSome(connection, some);
    await readBack(connection, some);
  }
}

async function removeSome(connection: Connection, keys: string[]): Promise<void> {
  await tryOften(connection, `remove ${keys.length} objects`, undefined, async () => {
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    const command = new DeleteObjectsCommand({ Bucket: connection.bucket, Delete });
    const { Errors } = await bounded(callSeconds, undefined, (abortSignal) =>
      connection.client.send(command, { abortSignal }),
    );
    const [first] = Errors ?? [];
    if (!first) return;
    // A 200 whose body says for each object what went wrong: as if it had been an answer of its own.
    const status = { AccessDenied: 403, InternalError: 500, SlowDown: 503 }[first.Code ?? ''] ?? 400;
    const error = new Error(`${JSON.stringify(first.Key)}: ${first.Message ?? ''}`);
    throw Object.assign(error, { name: first.Code ?? 'Error', $metadata: { httpStatusCode: status } });
  });
}

async function readBack(connection: Connection, keys: string[]): Promise<void> {
  const waiting = [...keys];
  const look = async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop())
      if (await headObject(connection, key))
        throw new RunbookError(
          'ReadBackFailed',
          `${connection.where}: remove ${JSON.stringify(key)}: expected it gone, found it; check locks on the object`,
        );
  };
  await Promise.all(Array.from({ length: lookedAtOnce }, look));
}
