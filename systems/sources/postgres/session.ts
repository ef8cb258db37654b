import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { RunbookError } from '../../../core/errors.js';
import type { Launch, Running } from './launch.js';

const newline = 10;

/**
 * One psql, one connection, one statement after another. It copies faster than a driver in this process would, and does so just as
 * well in the server's own pod. After each statement psql echoes a line that nobody can guess: there the answer ends.
 */
export class Session {
  private readonly mark = Buffer.from(`${randomUUID()}\n`);
  private readonly chunks: AsyncIterator<Buffer>;

  private constructor(private readonly psql: Running) {
    this.chunks = psql.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Connects; in the snapshot where one is given, else in no transaction. */
  static async open(launch: Launch, database: string, snapshot?: string): Promise<Session> {
    const parameters = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose'];
    const session = new Session(launch({ name: 'psql', parameters, database }));
    if (snapshot !== undefined)
      await session.run(
        `begin isolation level repeatable read read only; set transaction snapshot ${quoteLiteral(snapshot)}`,
      );
    return session;
  }

  /** Runs statements and answers what they print. */
  async run(sql: string): Promise<string> {
    const parts: Buffer[] = [];
    for await (const part of this.stream(sql)) parts.push(part);
    return Buffer.concat(parts).toString('utf8').trimEnd();
  }

  /** Runs a query of one JSON value. */
  async query<Value>(sql: string): Promise<Value> {
    return JSON.parse(await this.run(sql)) as Value;
  }

  /** Runs a statement, and hands on what it prints as it comes. */
  async *stream(sql: string): AsyncGenerator<Buffer> {
    await this.write(`${sql}\n;\n\\echo ${this.mark.toString('latin1')}`);
    yield* this.untilMark();
  }

  /** Runs a query whose answer is a statement, and that: so names never leave the server's own encoding. */
  async *streamMade(sql: string): AsyncGenerator<Buffer> {
    await this.write(`${sql} \\gexec\n\\echo ${this.mark.toString('latin1')}`);
    yield* this.untilMark();
  }

  /** Runs a COPY … FROM stdin made by a query, with rows in COPY's text format; a row that is `\.` alone cannot be in them. */
  async copyIn(statement: Uint8Array, rows: AsyncIterable<Uint8Array>): Promise<void> {
    await this.write(statement);
    await this.write('\n;\n');
    for await (const chunk of rows) await this.write(chunk);
    await this.write(`\\.\n\\echo ${this.mark.toString('latin1')}`);
    for await (const said of this.untilMark())
      throw new RunbookError('SourceFailed', `psql: expected no words of COPY, found ${said.toString('utf8', 0, 200)}`);
  }

  /** Ends it, and waits until it has ended. */
  async close(): Promise<void> {
    this.psql.stop();
    await this.psql.ended.catch(() => undefined);
  }

  private async write(data: string | Uint8Array): Promise<void> {
    if (this.psql.stdin.write(data)) return;
    // A psql that ends while it is written to drains no more.
    await Promise.race([once(this.psql.stdin, 'drain'), this.psql.ended]);
  }

  private async *untilMark(): AsyncGenerator<Buffer> {
    let held: Buffer = Buffer.alloc(0);
    for (;;) {
      const next = await this.chunks.next();
      if (next.done) {
        await this.psql.ended;
        throw new RunbookError('SystemUnreachable', 'psql: ended in the middle of an answer');
      }
      const seen = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
      const lineStart = seen.lastIndexOf(newline, seen.length - 2) + 1;
      const lastLine = seen.subarray(lineStart);
      if (lastLine.equals(this.mark)) {
        if (lineStart > 0) yield seen.subarray(0, lineStart);
        return;
      }
      // The beginning of the mark may stand at the end of a chunk.
      const isBegun = lastLine.length < this.mark.length && this.mark.subarray(0, lastLine.length).equals(lastLine);
      held = isBegun ? lastLine : Buffer.alloc(0);
      const clear = isBegun ? seen.subarray(0, lineStart) : seen;
      if (clear.length > 0) yield clear;
    }
  }
}

/** A string as SQL writes it. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL writes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
