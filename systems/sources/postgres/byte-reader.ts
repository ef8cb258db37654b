/** How wide an archive writes its numbers. */
export interface Format {
  intBytes: number;
  offsetBytes: number;
}

/** Reads an archive's values one after another; throws RangeError at the end of the bytes. */
export class ByteReader {
  position = 0;
  format: Format = { intBytes: 4, offsetBytes: 8 };

  constructor(private readonly bytes: Buffer) {}

  byte(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  /** A sign, then the absolute value with the lowest byte first. */
  int(): number {
    const negative = this.byte() === 1;
    const { intBytes } = this.format;
    const value = this.bytes.readUIntLE(this.take(intBytes), intBytes);
    return negative ? -value : value;
  }

  /** A length and so many bytes; undefined where there is none at all. */
  string(encoding: BufferEncoding = 'utf8'): string | undefined {
    const length = this.int();
    return length < 0 ? undefined : this.text(length, encoding);
  }

  text(length: number, encoding: BufferEncoding = 'utf8'): string {
    const start = this.take(length);
    return this.bytes.toString(encoding, start, start + length);
  }

  skip(length: number): void {
    this.take(length);
  }

  private take(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) throw new RangeError('the end of the bytes');
    this.position += length;
    return start;
  }
}

/** The bytes of a number, as `ByteReader.int` reads it. */
export function writeInt(value: number, { intBytes }: Format): Buffer {
  const bytes = Buffer.alloc(1 + intBytes);
  bytes.writeUInt8(value < 0 ? 1 : 0, 0);
  bytes.writeUIntLE(Math.abs(value), 1, intBytes);
  return bytes;
}
