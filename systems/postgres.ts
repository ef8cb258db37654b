import pg from 'pg';
import { messageOf, RunbookError, type ErrorCode } from '../core/errors.js';
import { redact } from '../core/redact.js';

const connectMs = 5000;
const queryMs = 15_000;

/** What PostgreSQL's SQLSTATE classes mean: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function codeOfState(state: string): ErrorCode {
  if (state.startsWith('28') || state === '42501') return 'Forbidden';
  if (state === '3D000') return 'NotFound';
  // Connections, resources, a server that stops or a query that was cancelled: may be over the next time.
  if (/^(08|40|53|55|57)/.test(state)) return 'SystemUnreachable';
  return 'Refused';
}

/** What an error of the driver's means; one without a SQLSTATE is of the connection. */
export function codeOfError(error: unknown): ErrorCode {
  const state = (error as { code?: unknown }).code;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? codeOfState(state) : 'SystemUnreachable';
}

/**
 * The first two rows of one query, each value in PostgreSQL's own writing. It runs in a read-only transaction, as a cursor and
 * in the extended protocol: anything but a query, and several statements in one text, are refused, so a check changes nothing.
 * @throws RunbookError Forbidden, NotFound, Refused (the query is wrong), SystemUnreachable.
 */
export async function readRows(connectionString: string, sql: string): Promise<Array<Array<string | null>>> {
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({
      connectionString,
      application_name: 'temporal-runbooks',
      connectionTimeoutMillis: connectMs,
      query_timeout: queryMs,
    });
    // A connection that breaks between two queries is told here, and by the next query.
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`begin read only; set local statement_timeout = ${queryMs}`);
    // The types of pg do not know queryMode: https://node-postgres.com/apis/client#clientquery
    const declaration = { text: `declare checked no scroll cursor for ${sql}`, queryMode: 'extended' };
    await client.query(declaration);
    const { rows } = await client.query<Array<string | null>>({
      text: 'fetch 2 from checked',
      rowMode: 'array',
      types: { getTypeParser: () => String },
    });
    return rows;
  } catch (error) {
    throw new RunbookError(codeOfError(error), `database: expected rows, found ${redact(messageOf(error))}`);
  } finally {
    await client?.end().catch(() => undefined);
  }
}
