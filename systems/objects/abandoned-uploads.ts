import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type MultipartUpload } from '@aws-sdk/client-s3';
import { RunbookError } from '../../core/errors.js';
import { bounded, callSeconds, tryOften } from './attempts.js';
import { storeFailure } from './failures.js';
import { decodeKey } from './list.js';
import type { Connection } from './connect.js';

/** Aborting once may leave a part that was on its way: then the upload is listed again. */
const mostPasses = 3;

/**
 * Aborts multipart uploads that nobody will complete; an upload younger than `olderThanSeconds` may still be somebody's. Nothing else
 * shows them, and they are paid for. See `ObjectStore.abandonUploads`.
 * @throws RunbookError ReadBackFailed.
 */
export async function abandonUploads(
  connection: Connection,
  prefix: string,
  olderThanSeconds: number,
): Promise<number> {
  const abandoned = new Set<string>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const found = await listUploads(connection, prefix, olderThanSeconds);
    if (found.length === 0) return abandoned.size;
    for (const { key, uploadId } of found) {
      await abortOne(connection, key, uploadId);
      abandoned.add(uploadId);
    }
  }
  const left = await listUploads(connection, prefix, olderThanSeconds);
  if (left.length === 0) return abandoned.size;
  throw new RunbookError(
    'ReadBackFailed',
    `${connection.where}: abandon uploads below ${JSON.stringify(prefix)}: expected none left, found ${left.length}`,
  );
}

interface Upload {
  key: string;
  uploadId: string;
}

async function listUploads(connection: Connection, prefix: string, olderThanSeconds: number): Promise<Upload[]> {
  const found: Upload[] = [];
  let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let more = true; more;) {
    const page = await tryOften(connection, `list uploads ${JSON.stringify(prefix)}`, undefined, () => {
      const where = { Bucket: connection.bucket, Prefix: prefix, EncodingType: 'url' as const };
      const command = new ListMultipartUploadsCommand({ ...where, ...after });
      return bounded(callSeconds, undefined, (abortSignal) => connection.client.send(command, { abortSignal }));
    });
    // The SDK keeps how far our clock is from the store's.
    const storeNow = Date.now() + connection.client.config.systemClockOffset;
    const isOld = ({ Initiated }: MultipartUpload) =>
      Initiated !== undefined && Initiated.getTime() <= storeNow - olderThanSeconds * 1000;
    for (const upload of page.Uploads ?? []) {
      const key = decodeKey(page.EncodingType, upload.Key ?? '');
      if (upload.UploadId !== undefined && key.startsWith(prefix) && isOld(upload))
        found.push({ key, uploadId: upload.UploadId });
    }
    const { NextKeyMarker, NextUploadIdMarker } = page;
    more = page.IsTruncated === true && NextKeyMarker !== undefined;
    after = {
      ...(NextKeyMarker !== undefined && { KeyMarker: decodeKey(page.EncodingType, NextKeyMarker) }),
      ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
    };
  }
  return found;
}

async function abortOne(connection: Connection, key: string, uploadId: string): Promise<void> {
  const what = `abort the upload of ${JSON.stringify(key)}`;
  await tryOften(connection, what, undefined, async () => {
    const command = new AbortMultipartUploadCommand({ Bucket: connection.bucket, Key: key, UploadId: uploadId });
    try {
      await bounded(callSeconds, undefined, (abortSignal) => connection.client.send(command, { abortSignal }));
    } catch (error) {
      const failure = storeFailure(connection, what, error);
      // Gone already, completed or aborted by somebody else.
      if (failure.code !== 'NotFound') throw failure;
    }
  });
}
