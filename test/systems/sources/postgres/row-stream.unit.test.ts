import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RowStream } from '../../../../systems/sources/postgres/row-stream.js';

/** A connection that keeps what comes while it is paused. */
class Connection extends EventEmitter {
  private readonly waiting: Buffer[] = [];
  private isPaused = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.flush();
  }

  send(chunk: Buffer): void {
    this.waiting.push(chunk);
    this.flush();
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  private flush(): void {
    while (!this.isPaused && this.waiting.length > 0) this.emit('data', this.waiting.shift());
  }
}

function message(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(5, type);
  header.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([header, content]);
}

/** Bytes of which each differs from its neighbours, so that none can be left out or moved unseen. */
const contentOf = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31 + seed) % 251));

const lengths = fc.oneof(
  { weight: 8, arbitrary: fc.nat(500) },
  fc.constantFrom(0, 399, 400, 401, 4096, 524_287, 524_288, 600_000),
);
const messages = fc.array(
  fc.record({ type: fc.constantFrom('d', 'd', 'd', 'd', 'N', 'C'), length: lengths, seed: fc.nat(250) }),
  { maxLength: 40 },
);
const chunks = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 131_072 })), {
  minLength: 1,
  maxLength: 20,
});

test('wherever the bytes are cut, the rows are taken out and everything else is handed on', async () => {
  await fc.assert(
    fc.asyncProperty(messages, chunks, async (sent, cuts) => {
      const connection = new Connection();
      const others: Buffer[] = [];
      connection.on('data', (chunk: Buffer) => others.push(Buffer.from(chunk)));
      const stream = RowStream.tap(connection as unknown as Socket);
      const made = sent.map(({ type, length, seed }) => ({ type, content: contentOf(length, seed) }));
      const bytes = Buffer.concat(made.map(({ type, content }) => message(type, content)));

      let finish: () => void = () => undefined;
      const over = new Promise<void>((resolve) => (finish = resolve));
      const rows = stream.rows(over);
      const taking = (async () => {
        const taken: Buffer[] = [];
        for await (const chunk of rows) {
          taken.push(Buffer.from(chunk));
          if (connection.isEmpty) finish();
        }
        return Buffer.concat(taken);
      })();
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const end = at + (cuts[cut % cuts.length] as number);
        connection.send(bytes.subarray(at, end));
        at = end;
      }
      if (connection.isEmpty) finish();

      const rowsOf = made.filter(({ type }) => type === 'd').map(({ content }) => content);
      expect((await taking).equals(Buffer.concat(rowsOf))).toBe(true);
      const rest = made.filter(({ type }) => type !== 'd').map(({ type, content }) => message(type, content));
      expect(Buffer.concat(others).equals(Buffer.concat(rest))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
