const newline = 10;
// Odd constants with well-spread bits, as MurmurHash3's mixing uses them: https://github.com/aappleby/smhasher/wiki/MurmurHash3
const spreadA = 0xcc9e2d51 | 0;
const spreadB = 0x5bd1e995;
const [mixA, mixB, mixC, mixD] = [0x85ebca6b, 0xc2b2ae35, 0x7feb352d, 0x846ca68b];
const [seedA, seedB] = [0x811c9dc5 | 0, 0x1b873593];
const wordPair = 8;

/**
 * Counts the rows of a stream in COPY's text format, where a row ends with a newline and holds none, and adds up a 64-bit hash of
 * each: two tables with the same rows in any order have the same sum. It finds what went wrong by itself, not what somebody forges.
 */
export class RowHash {
  rows = 0;
  private low = 0;
  private high = 0;
  // The row that has begun: two lanes of 32 bits, its length, and the bytes that do not yet fill a word for each.
  private a = seedA;
  private b = seedB;
  private length = 0;
  private readonly pending = new DataView(new ArrayBuffer(wordPair));
  private pendingBytes = 0;

  update(chunk: Uint8Array): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(newline, start);
      this.feed(view, start, end < 0 ? chunk.length : end);
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

  private feed(view: DataView, start: number, end: number): void {
    let at = start;
    this.length = (this.length + end - start) | 0;
    while (this.pendingBytes > 0 && at < end) this.hold(view.getUint8(at++));
    const whole = end - ((end - at) % wordPair);
    this.mixWords(view, at, whole);
    for (at = whole; at < end; at += 1) this.hold(view.getUint8(at));
  }

  private mixWords(view: DataView, start: number, end: number): void {
    let { a, b } = this;
    // Each lane takes every second word, and of the other what that was before: so neither waits for the other.
    for (let at = start; at < end; at += wordPair) {
      const before = a;
      a = (turn(Math.imul(a ^ view.getInt32(at, true), spreadA), 15) + b) | 0;
      b = (turn(Math.imul(b ^ view.getInt32(at + 4, true), spreadB), 13) + before) | 0;
    }
    this.a = a;
    this.b = b;
  }

  private hold(byte: number): void {
    this.pending.setUint8(this.pendingBytes++, byte);
    if (this.pendingBytes === wordPair) this.takePending();
  }

  private takePending(): void {
    this.mixWords(this.pending, 0, wordPair);
    this.pending.setFloat64(0, 0);
    this.pendingBytes = 0;
  }

  private finishRow(): void {
    if (this.pendingBytes > 0) this.takePending();
    const a = this.a ^ this.length;
    const b = (this.b + Math.imul(a, mixA)) | 0;
    this.addHash(mix(a, mixA, mixB), mix(b, mixC, mixD));
    this.rows += 1;
    this.a = seedA;
    this.b = seedB;
    this.length = 0;
  }

  private addHash(low: number, high: number): void {
    const sum = this.low + low;
    this.low = sum >>> 0;
    this.high = (this.high + high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  }
}

function turn(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(value: number, first: number, second: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, first);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, second);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
