import { createHash, randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { cutParts, type Part } from './cut-parts.js';
import { withMark, type ObjectDescription } from './description.js';
import { publish } from './publish.js';
import { sendBody } from './send-body.js';
import { uploadParts } from './upload-parts.js';
import type { Connection } from './connect.js';
import type { PutOptions, StoredObject } from './store.js';

const stallSeconds = 30;
/** A part that is on its way may end: one that arrives after its upload was aborted would stay in the store. */
const graceMs = 3000;

/** One `put` on its way, as its parts see it. */
export interface Putting {
  key: string;
  /** The mark of this `put`, in the object's metadata. */
  putId: string;
  stallSeconds: number;
  ifAbsent: boolean;
  description: ObjectDescription;
  /** Aborted by the caller, or by the first part that fails: nothing new begins. */
  signal: AbortSignal;
  /** A little later: nothing goes on. */
  hangUp: AbortSignal;
  onProgress: (bytes: number) => void;
}

/** Stores a stream as one object: with one request where it fits into a part, else part by part. See `ObjectStore.put`. */
export async function putObject(
  connection: Connection,
  key: string,
  body: AsyncIterable<Uint8Array>,
  options: PutOptions = {},
): Promise<StoredObject> {
  const stop = new AbortController();
  const stopBy = () => stop.abort(options.signal?.reason);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener('abort', stopBy, { once: true });
  const hangUp = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const startGrace = () => (grace = setTimeout(() => hangUp.abort(stop.signal.reason), graceMs));
  stop.signal.addEventListener('abort', startGrace, { once: true });
  const putting: Putting = {
    key,
    putId: randomUUID(),
    stallSeconds: options.stallSeconds ?? stallSeconds,
    ifAbsent: options.ifAbsent ?? false,
    description: options.description ?? {},
    signal: stop.signal,
    hangUp: hangUp.signal,
    onProgress: options.onProgress ?? (() => undefined),
  };
  const whole = createHash('sha256');
  const { pool } = connection;
  const parts = cutParts(body, whole, pool);
  const nextPart = async () => {
    // Asked after that, a source that fails would have nobody to hear it: a process ends by such an error.
    stop.signal.throwIfAborted();
    return (await orAborted(parts.next(), stop.signal)).value ?? undefined;
  };
  try {
    const first = await nextPart();
    if (!first) throw new Error('a stream has at least one part');
    const bytes = first.last
      ? await putWhole(connection, putting, first)
      : await uploadParts(connection, putting, first, { next: nextPart, stop });
    return { bytes, sha256: whole.digest('hex') };
  } catch (error) {
    stop.abort(error);
    // Not awaited: a source that hangs would not hear it. What it holds is for whoever made it to end.
    parts.return().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(grace);
    options.signal?.removeEventListener('abort', stopBy);
  }
}

async function putWhole(connection: Connection, putting: Putting, part: Part): Promise<number> {
  const { key, putId, ifAbsent, description, signal } = putting;
  const checksum = part.sha256.toString('base64');
  const wanted = { key, putId, ifAbsent, bytes: part.bytes.length, checksum };
  await publish(connection, wanted, signal, (condition) =>
    sendBody(part, putting, (sent, abortSignal) => {
      const described = { Bucket: connection.bucket, Key: key, ...withMark(description, putId) };
      return connection.client.send(new PutObjectCommand({ ...described, ...sent, ...condition }), { abortSignal });
    }),
  );
  putting.onProgress(part.bytes.length);
  connection.pool.giveBack(part.bytes);
  return part.bytes.length;
}

/** A source that gives nothing more must not keep a `put` from ending. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
