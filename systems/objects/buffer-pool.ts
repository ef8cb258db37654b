/** Buffers that are used again: memory does not grow with what is stored, nor with what waits for the garbage collector. */
export interface BufferPool {
  /** One of at least so many bytes; what is in it is not cleared. */
  take(bytes: number): Buffer;
  /** Gives back one, or a piece of one. */
  giveBack(bytes: Buffer): void;
}

/** So much is kept for the next object. */
const mostBytes = 128 * 1024 * 1024;

/** A pool for all objects of one connection. */
export function createBufferPool(): BufferPool {
  let free: Buffer[] = [];
  return {
    take(bytes) {
      const [fitting] = free.filter(({ length }) => length >= bytes).sort((one, other) => one.length - other.length);
      free = free.filter((buffer) => buffer !== fitting);
      return fitting ?? Buffer.allocUnsafeSlow(bytes);
    },
    giveBack(bytes) {
      const kept = free.reduce((sum, { length }) => sum + length, bytes.buffer.byteLength);
      if (kept <= mostBytes) free.push(Buffer.from(bytes.buffer, 0, bytes.buffer.byteLength));
    },
  };
}
