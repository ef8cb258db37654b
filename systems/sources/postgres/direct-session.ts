import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { messageOf, RunbookError } from '../../../core/errors.js';
import { redact } from '../../../core/redact.js';
import { codeOfError } from '../../postgres.js';
import type { Connect } from './connect.js';
import type { RowStream } from './row-stream.js';
import { quoteLiteral } from './session.js';

/** What of the driver's own connection is used here: https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/connection.js */
interface DriverConnection {
  stream: Duplex;
  query(sql: string): void;
  endCopyFrom(): void;
}

/** A connection of our own for rows. */
export class DirectSession {
  private constructor(
    private readonly client: pg.Client,
    private readonly driver: DriverConnection,
    private readonly incoming: RowStream,
  ) {}

  /**
   * Connects, in the snapshot where one is given; undefined where the database is in another encoding than the driver's own: there
   * names would not be what they are.
   * @throws RunbookError Forbidden, NotFound, Refused, SystemUnreachable.
   */
  static async open(connect: Connect, database: string, snapshot?: string): Promise<DirectSession | undefined> {
    const { client, incoming } = await connect(database).catch((error: unknown) => {
      throw failureOf(error);
    });
    try {
      const { rows } = await client.query<{ encoding: string }>(
        `select current_setting('server_encoding') as encoding`,
      );
      if (rows[0]?.encoding !== 'UTF8') {
        await client.end();
        return undefined;
      }
      if (snapshot !== undefined) {
        await client.query('begin isolation level repeatable read read only');
        await client.query(`set transaction snapshot ${quoteLiteral(snapshot)}`);
      }
      const { connection } = client as unknown as { connection: DriverConnection };
      return new DirectSession(client, connection, incoming);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw failureOf(error);
    }
  }

  async *streamMade(sql: string): AsyncGenerator<Buffer> {
    try {
      const { rows } = await this.client.query<[string]>({ text: sql, rowMode: 'array' });
      yield* this.incoming.rows(this.client.query(rows[0]?.[0] ?? ''));
    } catch (error) {
      throw failureOf(error);
    }
  }

  async copyIn(statement: Uint8Array, rows: AsyncIterable<Uint8Array>): Promise<void> {
    const copy = new CopyIn(Buffer.from(statement).toString('utf8'), this.driver);
    this.client.query(copy);
    try {
      await copy.ready;
      for await (const chunk of rows) {
        // A server that has refused a row takes no more.
        if (copy.isOver) break;
        await this.sendRows(chunk, copy.over);
      }
      if (!copy.isOver) this.driver.endCopyFrom();
      await copy.over;
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Ends it, also in the middle of rows that nobody reads any more. */
  async close(): Promise<void> {
    const { stream } = this.driver;
    if (stream.destroyed) return;
    const closed = once(stream, 'close');
    stream.destroy();
    await closed;
  }

  private async sendRows(chunk: Uint8Array, over: Promise<void>): Promise<void> {
    const header = Buffer.alloc(5, 'd');
    header.writeInt32BE(chunk.length + 4, 1);
    const { stream } = this.driver;
    // Both with one call of the system.
    stream.cork();
    stream.write(header);
    const isTaken = stream.write(chunk);
    stream.uncork();
    if (isTaken) return;
    await Promise.race([once(stream, 'drain'), over]);
  }
}

/** A COPY … FROM stdin as the driver's queue takes it. */
class CopyIn {
  readonly ready: Promise<void>;
  readonly over: Promise<void>;
  isOver = false;
  private begin: () => void = () => undefined;
  private end: (error?: Error) => void = () => undefined;

  constructor(
    private readonly statement: string,
    private readonly driver: DriverConnection,
  ) {
    this.over = new Promise((resolve, reject) => {
      this.end = (error) => {
        this.isOver = true;
        if (error) reject(error);
        else resolve();
      };
    });
    this.over.catch(() => undefined);
    const started = new Promise<void>((resolve) => (this.begin = resolve));
    this.ready = Promise.race([started, this.over]);
  }

  submit(): void {
    this.driver.query(this.statement);
  }

  handleCopyInResponse(): void {
    this.begin();
  }

  handleCommandComplete(): void {
    // Told by `handleReadyForQuery`.
  }

  handleError(error: Error): void {
    this.end(error);
  }

  handleReadyForQuery(): void {
    this.end();
  }
}

function failureOf(error: unknown): RunbookError {
  if (error instanceof RunbookError) return error;
  return new RunbookError(codeOfError(error), `database: expected its rows, found ${redact(messageOf(error))}`);
}
