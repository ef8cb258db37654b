const newline = 10;
// Odd constants with well-spread bits, as MurmurHash3's mixing uses them: https://github.com/aappleby/smhasher/wiki/MurmurHash3
const [spreadA, spreadB, mixA, mixB, mixC, mixD] = [
  0xcc9e2d51, 0x5bd1e995, 0x85ebca6b, 0xc2b2ae35, 0x7feb352d, 0x846ca68b,
];
const [seedA, seedB] = [0x811c9dc5 | 0, 0x1b873593];

/**
 * Counts the rows of a stream in COPY's text format, where a row ends with a newline and holds none, and adds up a 64-bit hash of
 * each: two tables with the same rows in any order have the same sum. It finds what went wrong by itself, not what somebody forges.
 */
export class RowHash {
  rows = 0;
  private low = 0;
  private high = 0;
  // The row that has begun: two lanes of 32 bits, its length, and the bytes that do not yet fill a word.
  private a = seedA;
  private b = seedB;
  private length = 0;
  private pending = 0;
  private pendingBytes = 0;

  update(chunk: Uint8Array): void {
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(newline, start);
      this.feed(chunk, start, end < 0 ? chunk.length : end);
      if (end < 0) return;
      this.finishRow();
      start = end + 1;
    }
  }

  /** Adds the rows of another part of the same table. */
  add(other: RowHash): void {
    this.rows += other.rows;
    this.addHash(other.low, other.high);
  }

  /** What is needed to go on adding in another process; in the middle of a row nothing is kept of it. */
  save(): [rows: number, low: number, high: number] {
    return [this.rows, this.low, this.high];
  }

  static restore([rows, low, high]: ReturnType<RowHash['save']>): RowHash {
    return Object.assign(new RowHash(), { rows, low, high });
  }

  digest(): string {
    return [this.high, this.low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }

  private feed(chunk: Uint8Array, start: number, end: number): void {
    let { a, b } = this;
    let at = start;
    this.length = (this.length + end - start) | 0;
    while (this.pendingBytes > 0 && at < end) {
      this.pending |= (chunk[at++] as number) << (8 * this.pendingBytes++);
      if (this.pendingBytes < 4) continue;
      a = turn(Math.imul(a ^ this.pending, spreadA));
      b = fold(Math.imul(b ^ this.pending, spreadB));
      this.pending = 0;
      this.pendingBytes = 0;
    }
    for (const last = end - 3; at < last; at += 4) {
      // Four bytes as one word, whatever their alignment.
      const word =
        (chunk[at] as number) |
        ((chunk[at + 1] as number) << 8) |
        ((chunk[at + 2] as number) << 16) |
        ((chunk[at + 3] as number) << 24);
      a = turn(Math.imul(a ^ word, spreadA));
      b = fold(Math.imul(b ^ word, spreadB));
    }
    while (at < end) this.pending |= (chunk[at++] as number) << (8 * this.pendingBytes++);
    this.a = a;
    this.b = b;
  }

  private finishRow(): void {
    const a = this.a ^ this.pending ^ this.length;
    const b = ((this.b ^ this.pending) + Math.imul(a, mixA)) | 0;
    this.addHash(mix(a, mixA, mixB), mix(b, mixC, mixD));
    this.rows += 1;
    this.a = seedA;
    this.b = seedB;
    this.length = 0;
    this.pending = 0;
    this.pendingBytes = 0;
  }

  private addHash(low: number, high: number): void {
    const sum = this.low + low;
    this.low = sum >>> 0;
    this.high = (this.high + high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  }
}

function turn(value: number): number {
  return (value << 15) | (value >>> 17);
}

function fold(value: number): number {
  return value ^ (value >>> 15);
}

function mix(value: number, first: number, second: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, first);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, second);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
