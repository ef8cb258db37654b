import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

const copyData = 0x64; // 'd'
const headerBytes = 5;
const bufferBytes = 512 * 1024;
const readBytes = 128 * 1024;
// Of a message: the length counts itself, but not the byte before it.
const lengthBytes = 4;
const wordBytes = 4;
// Most rows are so short that a call into the runtime costs more than copying them word by word.
const shortBytes = 400;

/** Bytes, and the numbers that they are. */
interface Memory {
  bytes: Buffer;
  view: DataView;
}

function memoryOf(bytes: Buffer): Memory {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/**
 * Stands between a server and the driver: takes the rows of a COPY out of what comes, and hands on everything else. A driver would
 * make an object of each row. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class RowStream {
  private readonly header = Buffer.alloc(headerBytes);
  private headerFilled = 0;
  private isRow = false;
  private left = 0;
  // While one is read by whoever takes the rows, the other is filled.
  private filling = memoryOf(Buffer.allocUnsafeSlow(bufferBytes));
  private spare = memoryOf(Buffer.allocUnsafeSlow(bufferBytes));
  private filled = 0;
  private waiting: Buffer | undefined;
  private isOver = false;
  private wake: () => void = () => undefined;

  private constructor(
    readonly connection: Socket,
    private readonly handOn: (chunk: Buffer) => void,
  ) {}

  /** A socket for a driver to connect with. It reads into the same memory again and again. */
  static ofSocket(): RowStream {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (bytes: number, buffer: Uint8Array) => {
        rows.take(buffer.subarray(0, bytes));
        return true;
      },
    };
    const options: SocketConstructorOpts & { onread: OnReadOpts } = { onread };
    const socket = new Socket(options);
    const rows = new RowStream(socket, (chunk) => socket.emit('data', Buffer.from(chunk)));
    return rows;
  }

  /** Over a connection of the driver's own, as one with TLS is. */
  static tap(connection: Socket): RowStream {
    const [driver, ...others] = connection.listeners('data') as Array<(chunk: Buffer) => void>;
    if (!driver || others.length > 0) throw new Error('expected one reader of the connection: the driver');
    connection.off('data', driver);
    const rows = new RowStream(connection, (chunk) => driver(chunk));
    connection.on('data', (chunk: Buffer) => rows.take(chunk));
    return rows;
  }

  /** The rows of what runs now, until `over` settles; a chunk is good only until the next is asked for. */
  async *rows(over: Promise<unknown>): AsyncGenerator<Buffer> {
    this.follow(over);
    for (;;) {
      if (this.filled < bufferBytes && !this.isOver) await new Promise<void>((resolve) => (this.wake = resolve));
      const rows = this.filling.bytes.subarray(0, this.filled);
      if (rows.length === 0 && this.isOver) break;
      [this.filling, this.spare, this.filled] = [this.spare, this.filling, 0];
      const { waiting } = this;
      this.waiting = undefined;
      if (!waiting || this.take(waiting)) this.connection.resume();
      if (rows.length > 0) yield rows;
    }
    await over;
  }

  private follow(over: Promise<unknown>): void {
    this.isOver = false;
    const end = () => {
      this.isOver = true;
      this.wake();
    };
    over.then(end, end);
  }

  /** Whether there is room for more. */
  private take(bytes: Uint8Array): boolean {
    const chunk = memoryOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    const { length } = bytes;
    let at = 0;
    while (at < length) {
      if (this.left === 0) at = this.takeHeader(chunk, at);
      const room = this.isRow ? bufferBytes - this.filled : length;
      const end = at + Math.min(length - at, this.left, room);
      if (this.isRow) this.keep(chunk, at, end);
      else if (end > at) this.handOn(chunk.bytes.subarray(at, end));
      this.left -= end - at;
      at = end;
      if (this.filled < bufferBytes) continue;
      this.connection.pause();
      this.waiting = chunk.bytes.subarray(at);
      this.wake();
      return false;
    }
    return true;
  }

  private takeHeader({ bytes, view }: Memory, start: number): number {
    if (this.headerFilled === 0 && bytes[start] === copyData && start + headerBytes <= bytes.length) {
      this.isRow = true;
      this.left = view.getInt32(start + 1) - lengthBytes;
      return start + headerBytes;
    }
    const end = Math.min(bytes.length, start + headerBytes - this.headerFilled);
    this.headerFilled += bytes.copy(this.header, this.headerFilled, start, end);
    if (this.headerFilled < headerBytes) return end;
    this.headerFilled = 0;
    this.isRow = this.header[0] === copyData;
    this.left = this.header.readInt32BE(1) - lengthBytes;
    if (!this.isRow) this.handOn(Buffer.from(this.header));
    return end;
  }

  private keep({ bytes, view }: Memory, start: number, end: number): void {
    const { filling, filled } = this;
    this.filled += end - start;
    if (end - start > shortBytes) {
      bytes.copy(filling.bytes, filled, start, end);
      return;
    }
    let [from, to] = [start, filled];
    for (const last = end - wordBytes; from <= last; from += wordBytes, to += wordBytes)
      filling.view.setInt32(to, view.getInt32(from));
    for (; from < end; from += 1, to += 1) filling.view.setUint8(to, view.getUint8(from));
  }
}
