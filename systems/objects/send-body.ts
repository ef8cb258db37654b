import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { bounded } from './attempts.js';

/** As much is handed to the connection at a time. */
const sliceBytes = 256 * 1024;

/** What the request for a body of these bytes is made of. */
export interface SentBody {
  Body: Readable;
  ContentLength: number;
  ChecksumSHA256: string;
}

/**
 * Sends bytes once. It fails when none is taken, or no answer comes, for `stallSeconds`. Their SHA-256 is both the signature's (no
 * store takes bytes that do not match it; see `signBodyByChecksum`) and, where the store keeps checksums, the object's.
 */
export async function sendBody<Output>(
  body: { bytes: Buffer; sha256: Buffer },
  bounds: { stallSeconds: number; signal?: AbortSignal | undefined },
  send: (sent: SentBody, abortSignal: AbortSignal) => Promise<Output>,
): Promise<Output> {
  return bounded(bounds.stallSeconds, bounds.signal, (abortSignal, alive) => {
    const sent = {
      Body: Readable.from(slice(body.bytes, alive), { objectMode: false, highWaterMark: sliceBytes }),
      ContentLength: body.bytes.length,
      ChecksumSHA256: body.sha256.toString('base64'),
    };
    return send(sent, abortSignal);
  });
}

/** Signature Version 4 takes the hash of this header as the body's, and does not hash it once more. */
export function signBodyByChecksum(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (parameters) => {
      const { headers } = parameters.request as { headers: Record<string, string> };
      const checksum = headers['x-amz-checksum-sha256'];
      if (checksum !== undefined) headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex');
      return next(parameters);
    },
    { step: 'build', name: 'signBodyByChecksum' },
  );
}

/** A slice is asked for when those before it have been taken. */
function* slice(bytes: Buffer, alive: () => void): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    alive();
    yield bytes.subarray(start, start + sliceBytes);
  }
  alive();
}
