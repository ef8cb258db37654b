import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, messageOf, RunbookError } from '../core/errors.js';
import { redact } from '../core/redact.js';
import type { ConsistencyCheck } from '../runbooks/way-back.js';
import { getUrl } from '../systems/http.js';
import { readRows } from '../systems/postgres.js';
import { findFault } from './smoke.js';

const pauseMs = 500;

type HttpCheck = Extract<ConsistencyCheck, { by: 'http' }>;
type SqlCheck = Extract<ConsistencyCheck, { by: 'sql' }>;

const show = (value: string | null | undefined) =>
  value === null ? 'NULL' : `"${redact(String(value)).slice(0, 120)}"`;

async function findHttpFault(check: HttpCheck): Promise<string | undefined> {
  const { url, headers, within } = check;
  // `within` bounds all tries, and so each of them.
  return findFault(check, await getUrl(url, { headers, timeoutSeconds: Math.max(1, Math.min(10, within)) }));
}

/** @throws RunbookError InvalidSettings, and those of the query. */
async function findSqlFault(check: SqlCheck, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const connectionString = environment[check.database];
  if (connectionString === undefined || connectionString === '')
    throw new RunbookError(
      'InvalidSettings',
      `${check.name}: expected a connection string in ${check.database}, found nothing; set it for the worker`,
    );
  const rows = await readRows(connectionString, check.sql);
  const values = rows.flat();
  if (rows.length === 0) return 'expected one value, found no row';
  if (rows.length > 1) return 'expected one value, found more rows';
  if (values.length !== 1) return `expected one value, found ${values.length} columns`;
  return values[0] === check.expect ? undefined : `expected ${show(check.expect)}, found ${show(values[0])}`;
}

async function findFaultOf(check: ConsistencyCheck, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  return check.by === 'http' ? findHttpFault(check) : findSqlFault(check, environment);
}

/** What is wrong with a check after all its tries; undefined when it holds. One that cannot be made does not hold. */
async function findLastingFault(check: ConsistencyCheck, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const endMs = Date.now() + check.within * 1000;
  for (;;) {
    let fault: string | undefined;
    let final = false;
    try {
      fault = await findFaultOf(check, environment);
    } catch (error) {
      fault = messageOf(error);
      final = error instanceof RunbookError && !errorTable[error.code].retry;
    }
    if (fault === undefined || final || Date.now() + pauseMs > endMs) return fault;
    await sleep(pauseMs);
  }
}

/**
 * Makes every check, side by side, and says which hold. Takes as long as the most patient one, and one request more.
 * @throws RunbookError Inconsistent with all that do not.
 */
export async function checkAll(checks: ConsistencyCheck[], environment: NodeJS.ProcessEnv): Promise<string> {
  const found = await Promise.all(
    checks.map(async (check) => {
      const fault = await findLastingFault(check, environment);
      return fault === undefined ? [] : [`${check.name}: ${fault}`];
    }),
  );
  const faults = found.flat();
  if (faults.length === 0) return checks.map(({ name }) => name).join(', ') || 'none';
  throw new RunbookError(
    'Inconsistent',
    `${faults.length} of ${checks.length} checks after the rollback do not hold: ${faults.join('; ')}; look at the data before the next release`,
  );
}
