import { createHash, type Hash } from 'node:crypto';
import { RunbookError } from '../../core/errors.js';
import type { BufferPool } from './buffer-pool.js';
import { partBytes } from './part-sizes.js';

/** A piece of an object, in memory: it can be sent again. */
export interface Part {
  /** From 1 on. */
  number: number;
  bytes: Buffer;
  sha256: Buffer;
  last: boolean;
}

/** Most objects are small, and there may be thousands: the first buffer grows with what comes. */
const firstBytes = 64 * 1024;

/**
 * Cuts a stream into parts; `whole` takes each byte on the way. A part is given out when a byte after it is there, so that it
 * knows whether it is the last; there is always one, though it may be empty. Its bytes belong to the taker until given back.
 * @throws RunbookError Refused: more than 10,000 parts.
 */
export async function* cutParts(
  body: AsyncIterable<Uint8Array>,
  whole: Hash,
  pool: BufferPool,
): AsyncGenerator<Part, void, void> {
  let number = 1;
  let buffer = pool.take(firstBytes);
  let filled = 0;
  let hash = createHash('sha256');
  const part = (last: boolean) => ({ number, bytes: buffer.subarray(0, filled), sha256: hash.digest(), last });
  for await (const chunk of body) {
    whole.update(chunk);
    for (let taken = 0; taken < chunk.length;) {
      const size = sizeOf(number);
      if (filled === size) {
        yield part(false);
        number += 1;
        buffer = pool.take(sizeOf(number));
        filled = 0;
        hash = createHash('sha256');
      } else if (filled === buffer.length) {
        const larger = pool.take(Math.min(size, buffer.length * 4));
        buffer.copy(larger);
        pool.giveBack(buffer);
        buffer = larger;
      }
      const room = Math.min(buffer.length, sizeOf(number)) - filled;
      const piece = chunk.subarray(taken, taken + room);
      buffer.set(piece, filled);
      hash.update(piece);
      filled += piece.length;
      taken += piece.length;
    }
  }
  yield part(true);
}

function sizeOf(number: number): number {
  const bytes = partBytes(number);
  if (bytes !== undefined) return bytes;
  throw new RunbookError('Refused', 'object: expected at most 2 TiB, found more; cut it into several');
}
