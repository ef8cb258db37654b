import { type Format, writeInt } from './byte-reader.js';

const rowsBlock = 1; // BLK_DATA
const largeObjectsBlock = 3; // BLK_BLOBS

/** What pg_dump writes after a table's rows. */
export const endOfRows = Buffer.from('\\.\n\n\n');

/** The beginning of a table's block in an archive of the custom format. */
export function openRows(dumpId: number, format: Format): Buffer {
  return Buffer.concat([Buffer.from([rowsBlock]), writeInt(dumpId, format)]);
}

/** The beginning of the large objects' block. */
export function openLargeObjects(dumpId: number, format: Format): Buffer {
  return Buffer.concat([Buffer.from([largeObjectsBlock]), writeInt(dumpId, format)]);
}

/** The length that stands before so many bytes of a block; 0 ends it. */
export function lengthOf(bytes: number, format: Format): Buffer {
  return writeInt(bytes, format);
}

/** Takes a stream of blocks apart again: the tables' rows, without the mark at their end. */
export class BlockReader {
  private buffered: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Uint8Array>;

  constructor(
    source: AsyncIterable<Uint8Array>,
    private readonly format: Format,
  ) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next block's kind and number; undefined at the end. */
  async open(): Promise<{ isRows: boolean; dumpId: number } | undefined> {
    if (!(await this.has(1))) return undefined;
    const kind = (await this.take(1))[0];
    return { isRows: kind === rowsBlock, dumpId: await this.int() };
  }

  /** The bytes of one block or of the rest of one, up to the length 0 at its end or the end of the stream. */
  async *chunks(): AsyncGenerator<Buffer> {
    while (await this.has(1)) {
      let length = await this.int();
      if (length === 0) return;
      // Whole, so that it can be told from rows.
      if (length === endOfRows.length) {
        yield await this.take(length);
        continue;
      }
      while (length > 0) {
        if (this.buffered.length === 0 && !(await this.has(1))) throw new Error('the block ends too early');
        const part = this.buffered.subarray(0, length);
        this.buffered = this.buffered.subarray(part.length);
        length -= part.length;
        yield part;
      }
    }
  }

  private async int(): Promise<number> {
    const bytes = await this.take(1 + this.format.intBytes);
    const value = bytes.readUIntLE(1, this.format.intBytes);
    return bytes[0] === 1 ? -value : value;
  }

  private async take(length: number): Promise<Buffer> {
    if (!(await this.has(length))) throw new Error('the archive ends too early');
    const taken = this.buffered.subarray(0, length);
    this.buffered = this.buffered.subarray(length);
    return taken;
  }

  private async has(length: number): Promise<boolean> {
    while (this.buffered.length < length) {
      const next = await this.source.next();
      if (next.done === true) return false;
      const { buffer, byteOffset, length: more } = next.value;
      // Looked at where it is: copied, each chunk would be garbage twice.
      const chunk = Buffer.from(buffer, byteOffset, more);
      this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    }
    return true;
  }
}
