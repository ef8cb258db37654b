import { RunbookError } from '../../core/errors.js';
import type { ObjectStore } from '../objects/store.js';

/** Most that is read into memory at once: a manifest of 100,000 tables is smaller. */
const mostBytes = 256 * 1024 * 1024;

/**
 * A small object, whole; undefined if there is none.
 * @throws RunbookError of the store; Refused: larger than 256 MiB.
 */
export async function readWhole(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of await store.get(key)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes)
        throw new RunbookError('Refused', `${JSON.stringify(key)}: expected at most ${mostBytes} bytes, found more`);
    }
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'NotFound') return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}

/** A small object as the stream that `put` takes. */
export async function* asStream(text: Buffer | string): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(Buffer.from(text));
}
