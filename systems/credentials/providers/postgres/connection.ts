import pg from 'pg';
import { messageOf, RunbookError } from '../../../../core/errors.js';
import { redact } from '../../../../core/redact.js';
import { codeOfState } from '../../../postgres.js';

const connectMs = 5000;
const queryMs = 15_000;

/** By which our own connections are known among a user's sessions. */
export const applicationName = 'temporal-runbooks rotation';

export type Query = (text: string, values?: unknown[]) => Promise<Array<Record<string, unknown>>>;

/** The SQLSTATE of a failure; undefined where the server has said none. */
export function stateOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function explain(error: unknown): RunbookError {
  if (error instanceof RunbookError) return error;
  const state = stateOf(error);
  const said = redact(messageOf(error));
  // Two that change one role at once: the second is told so, and finds the first one's work the next time.
  if (state === 'XX000' && said.includes('concurrently updated')) return new RunbookError('Conflict', said);
  return new RunbookError(state === undefined ? 'SystemUnreachable' : codeOfState(state), `postgres: ${said}`);
}

/** A name for SQL. */
export const quoted = pg.escapeIdentifier;
/** A value for SQL, where the protocol takes no parameters. */
export const literal = pg.escapeLiteral;

/** Opens a connection and leaves its failures as pg tells them. */
export async function withRawConnection<T>(
  connection: pg.ClientConfig,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...connection,
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
  });
  // A connection that breaks between two queries is told here, and by the next query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(async (text, values) => (await client.query<Record<string, unknown>>(text, values)).rows);
  } finally {
    // What is to be told is told; a server that is gone cannot be taken leave of.
    await client.end().catch(() => undefined);
  }
}

/** The same. @throws RunbookError Forbidden, Refused, Conflict, SystemUnreachable. */
export async function withConnection<T>(connection: pg.ClientConfig, work: (query: Query) => Promise<T>): Promise<T> {
  try {
    return await withRawConnection(connection, work);
  } catch (error) {
    throw explain(error);
  }
}

/** Does all of it or nothing; `rehearse` does it and takes it back. */
export async function inTransaction<T>(query: Query, work: () => Promise<T>, end: 'commit' | 'rollback'): Promise<T> {
  await query('begin');
  try {
    const result = await work();
    await query(end);
    return result;
  } catch (error) {
    // The connection is closed right after: the server takes back what this does not.
    await query('rollback').catch(() => undefined);
    throw error;
  }
}
