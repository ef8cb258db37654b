import type { ServerResponse } from 'node:http';

/** What is held for a reader that does not read; more, and it is cut off: it can go on by the last id. */
const mostHeldBytes = 2 * 1024 * 1024;
const beatMs = 15_000;

/** One reader of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStream {
  private readonly beat: NodeJS.Timeout;

  constructor(
    private readonly response: ServerResponse,
    onClose: () => void,
  ) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    // Also where nothing happens for long: a proxy takes silence for the end, and a dead reader shows.
    this.beat = setInterval(() => this.write(': beat\n\n'), beatMs);
    response.once('close', () => {
      clearInterval(this.beat);
      onClose();
    });
    response.on('error', () => undefined);
    this.write('retry: 2000\n\n');
  }

  /** JSON never holds a line break, so data is one line. */
  send(event: string, data: unknown, id?: string): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    clearInterval(this.beat);
    this.response.end();
  }

  private write(text: string): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    this.response.write(text);
    if (this.response.writableLength > mostHeldBytes) this.response.destroy();
  }
}
