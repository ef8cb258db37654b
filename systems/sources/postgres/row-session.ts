import type { Launch } from './launch.js';
import { DirectSession } from './direct-session.js';
import { Session } from './session.js';

/** A connection that tables' rows go through, in COPY's text format. */
export interface RowSession {
  /** Runs a query whose answer is a COPY … TO stdout, and hands on its rows; a chunk is good only until the next is asked for. */
  streamMade(sql: string): AsyncGenerator<Buffer>;
  /** Runs a COPY … FROM stdin, written in the database's own encoding. */
  copyIn(statement: Uint8Array, rows: AsyncIterable<Uint8Array>): Promise<void>;
  close(): Promise<void>;
}

/** Connects by ourselves where that can be, as it costs a third of what psql does; else by psql, which can do more. */
export async function openRowSession(launch: Launch, database: string, snapshot?: string): Promise<RowSession> {
  const direct = launch.connect && (await DirectSession.open(launch.connect, database, snapshot));
  return direct ?? Session.open(launch, database, snapshot);
}
