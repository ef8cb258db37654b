import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

const copyData = 0x64; // 'd'
const headerBytes = 5;
const bufferBytes = 256 * 1024;
const readBytes = 128 * 1024;

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
  private filling = Buffer.allocUnsafeSlow(bufferBytes);
  private spare = Buffer.allocUnsafeSlow(bufferBytes);
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
      const rows = this.filling.subarray(0, this.filled);
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
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at < chunk.length) {
      if (this.left === 0) at = this.takeHeader(chunk, at);
      const end = Math.min(chunk.length, at + this.left);
      const taken = this.isRow ? chunk.copy(this.filling, this.filled, at, end) : end - at;
      if (this.isRow) this.filled += taken;
      else if (taken > 0) this.handOn(chunk.subarray(at, end));
      this.left -= taken;
      at += taken;
      if (this.filled < bufferBytes) continue;
      this.connection.pause();
      this.waiting = chunk.subarray(at);
      this.wake();
      return false;
    }
    return true;
  }

  private takeHeader(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + headerBytes - this.headerFilled);
    this.headerFilled += chunk.copy(this.header, this.headerFilled, start, end);
    if (this.headerFilled < headerBytes) return end;
    this.headerFilled = 0;
    this.isRow = this.header[0] === copyData;
    // The length counts itself, but not the byte before it.
    this.left = this.header.readInt32BE(1) - 4;
    if (!this.isRow) this.handOn(Buffer.from(this.header));
    return end;
  }
}
