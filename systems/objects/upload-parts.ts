import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { bounded, callSeconds, tryOften } from './attempts.js';
import { withMark } from './description.js';
import { storeFailure } from './failures.js';
import { partsInFlight } from './part-sizes.js';
import { publish } from './publish.js';
import { sendBody } from './send-body.js';
import type { Connection } from './connect.js';
import type { Part } from './cut-parts.js';
import type { Putting } from './put.js';

/** A store may copy all parts before it answers. */
const completeSeconds = 600;
/** How long a failed upload is tried to be taken back; after that it is for `abandonUploads`. */
const abortPatienceSeconds = 10;

interface Parts {
  next: () => Promise<Part | undefined>;
  /** Stops the whole `put`. */
  stop: AbortController;
}

/** Sends an object part by part, and answers its size. Where anything fails, no part is left. */
export async function uploadParts(
  connection: Connection,
  putting: Putting,
  first: Part,
  { next, stop }: Parts,
): Promise<number> {
  const uploadId = await createUpload(connection, putting);
  const inFlight = new Set<Promise<void>>();
  const done: CompletedPart[] = [];
  const digests: Buffer[] = [];
  let bytes = 0;
  let acknowledged = 0;
  const start = (part: Part) => {
    digests.push(part.sha256);
    bytes += part.bytes.length;
    const sending = sendPart(connection, putting, uploadId, part)
      .then((completed) => {
        done.push(completed);
        acknowledged += part.bytes.length;
        connection.pool.giveBack(part.bytes);
        putting.onProgress(acknowledged);
      })
      // The first failure ends the others; it is thrown below, as the signal's reason.
      .catch((error: unknown) => stop.abort(error))
      .finally(() => inFlight.delete(sending));
    inFlight.add(sending);
  };
  try {
    for (let part: Part | undefined = first; part; part = await next()) {
      const most = partsInFlight(part.bytes.length);
      start(part);
      while (inFlight.size >= most) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
    putting.signal.throwIfAborted();
    await completeUpload(connection, putting, uploadId, { done, digests, bytes });
    return bytes;
  } catch (error) {
    stop.abort(error);
    // A part that is still on its way when its upload is aborted may stay in the store.
    await Promise.all(inFlight);
    await abortUpload(connection, putting.key, uploadId);
    throw error;
  }
}

async function createUpload(connection: Connection, { key, putId, description, signal }: Putting): Promise<string> {
  const what = `put ${JSON.stringify(key)}: begin`;
  return tryOften(connection, what, signal, async () => {
    const command = new CreateMultipartUploadCommand({
      Bucket: connection.bucket,
      Key: key,
      ChecksumAlgorithm: 'SHA256',
      ...withMark(description, putId),
    });
    const { UploadId } = await bounded(callSeconds, signal, (abortSignal) =>
      connection.client.send(command, { abortSignal }),
    );
    if (UploadId === undefined) throw new Error('an answer without an upload id');
    return UploadId;
  });
}

async function sendPart(
  connection: Connection,
  putting: Putting,
  uploadId: string,
  part: Part,
): Promise<CompletedPart> {
  const what = `put ${JSON.stringify(putting.key)}: part ${part.number}`;
  const bounds = { stallSeconds: putting.stallSeconds, signal: putting.hangUp };
  return tryOften(connection, what, putting.signal, async () => {
    const where = { Bucket: connection.bucket, Key: putting.key, UploadId: uploadId, PartNumber: part.number };
    const { ETag, ChecksumSHA256 } = await sendBody(part, bounds, (sent, abortSignal) =>
      connection.client.send(new UploadPartCommand({ ...where, ...sent }), { abortSignal }),
    );
    if (ETag === undefined) throw new Error('an answer without an ETag');
    // A store that keeps checksums wants to hear them again at the end.
    return { PartNumber: part.number, ETag, ...(ChecksumSHA256 !== undefined && { ChecksumSHA256 }) };
  });
}

async function completeUpload(
  connection: Connection,
  { key, putId, ifAbsent, signal }: Putting,
  uploadId: string,
  { done, digests, bytes }: { done: CompletedPart[]; digests: Buffer[]; bytes: number },
): Promise<void> {
  const Parts = done.toSorted((one, other) => (one.PartNumber ?? 0) - (other.PartNumber ?? 0));
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html: the composite checksum
  const checksum = `${createHash('sha256').update(Buffer.concat(digests)).digest('base64')}-${digests.length}`;
  await publish(connection, { key, putId, ifAbsent, bytes, checksum }, signal, (condition) => {
    const where = { Bucket: connection.bucket, Key: key, UploadId: uploadId };
    const command = new CompleteMultipartUploadCommand({ ...where, MultipartUpload: { Parts }, ...condition });
    return bounded(completeSeconds, signal, (abortSignal) => connection.client.send(command, { abortSignal }));
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html: once may not be enough, so it is read back. */
async function abortUpload(connection: Connection, key: string, uploadId: string): Promise<void> {
  const hasty = { ...connection, patienceSeconds: Math.min(abortPatienceSeconds, connection.patienceSeconds) };
  const what = `put ${JSON.stringify(key)}: abort`;
  const upload = { Bucket: connection.bucket, Key: key, UploadId: uploadId };
  const call = (send: (abortSignal: AbortSignal) => Promise<unknown>) =>
    bounded(callSeconds, undefined, send).then(
      () => true,
      (error: unknown) => {
        const failure = storeFailure(connection, what, error);
        if (failure.code === 'NotFound') return false;
        throw failure;
      },
    );
  const options = (abortSignal: AbortSignal) => ({ abortSignal });
  await tryOften(hasty, what, undefined, async () => {
    await call((signal) => connection.client.send(new AbortMultipartUploadCommand(upload), options(signal)));
    if (await call((signal) => connection.client.send(new ListPartsCommand(upload), options(signal))))
      throw new Error('an upload that is still there');
  }).catch(() => undefined); // What failed before is what counts; `abandonUploads` finds the rest.
}
