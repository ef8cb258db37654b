import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { bounded, callSeconds, tryOften } from './attempts.js';
import { storeFailure } from './failures.js';
import type { Connection } from './connect.js';

/** What a store says about an object. */
export interface ObjectHead {
  bytes: number;
  /** Another one where the bytes are other ones. */
  etag: string;
  /** Of the whole object, hexadecimal; undefined where it was sent in parts. */
  sha256?: string;
  /** As the store keeps it: of an object in parts, the hash of the parts' hashes and their number. */
  checksum?: string;
  /** Which `put` has written it. */
  putId?: string;
}

/** The name that `put` gives its own mark in an object's metadata. */
export const putIdKey = 'put-id';

/** Reads what the store knows about an object; undefined if there is none. */
export async function headObject(
  connection: Connection,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectHead | undefined> {
  const what = `head ${JSON.stringify(key)}`;
  return tryOften(connection, what, signal, async () => {
    const command = new HeadObjectCommand({ Bucket: connection.bucket, Key: key, ChecksumMode: 'ENABLED' });
    try {
      const found = await bounded(callSeconds, signal, (abortSignal) =>
        connection.client.send(command, { abortSignal }),
      );
      const checksum = found.ChecksumSHA256;
      const putId = found.Metadata?.[putIdKey];
      return {
        bytes: found.ContentLength ?? 0,
        etag: found.ETag ?? '',
        ...(checksum !== undefined && { checksum }),
        ...(checksum?.includes('-') === false && { sha256: Buffer.from(checksum, 'base64').toString('hex') }),
        ...(putId !== undefined && { putId }),
      };
    } catch (error) {
      const failure = storeFailure(connection, what, error);
      if (failure.code === 'NotFound') return undefined;
      throw failure;
    }
  });
}
