import { createHash } from 'node:crypto';
import { RunbookError } from '../../../core/errors.js';
import type { PostgresProof } from '../../../core/manifest.js';
import type { Scratch } from '../source.js';
import { compareDatabase } from './compare.js';
import type { Launch } from './launch.js';
import { restoreDatabase } from './restore.js';
import { quoteLiteral, quoteName, Session } from './session.js';

/** What tells one server from every other one, wherever it is reached. */
export async function readSystemIdentifier(launch: Launch): Promise<string> {
  const session = await Session.open(launch, 'postgres');
  try {
    return await session.run('select system_identifier from pg_control_system()');
  } finally {
    await session.close();
  }
}

// https://www.postgresql.org/docs/current/limits.html: what is longer is cut by the server, and then has another name than we think.
const longestBytes = 63;
const markCharacters = 8;

/**
 * The name of a run's own database: of a drill, or of a restore until it is whole. `called` is the backup's name for the database, no
 * other one's in it. One that must be cut ends with a hash, so that two that begin alike stay two.
 */
export function scratchName(purpose: 'drill' | 'restore', run: string, called: string): string {
  const whole = `${purpose}_${run}_${called}`;
  if (Buffer.byteLength(whole) <= longestBytes) return whole;
  const mark = createHash('sha256').update(called).digest('hex').slice(0, markCharacters);
  const cut = Buffer.from(whole).subarray(0, longestBytes - markCharacters - 1);
  // A character that was cut in two is not one.
  return `${cut.toString('utf8').replace(/\uFFFD+$/, '')}_${mark}`;
}

/** Takes a run's own database down, with whoever is connected to it. @throws RunbookError ReadBackFailed. */
export async function removeScratchDatabase(launch: Launch, database: string): Promise<void> {
  const session = await Session.open(launch, 'postgres');
  try {
    await session.run(`drop database if exists ${quoteName(database)} with (force)`);
    const left = await session.run(`select count(*) from pg_database where datname = ${quoteLiteral(database)}`);
    if (left !== '0') throw new RunbookError('ReadBackFailed', `database ${database}: expected it gone, found it`);
  } finally {
    await session.close();
  }
}

/** A database for one drill, or of a restore until it is whole, of a name that `scratchName` made: what has another name is never removed. */
export function scratchDatabase(
  launch: Launch,
  proof: PostgresProof,
  database: string,
): Scratch & { database: string } {
  const remove = () => removeScratchDatabase(launch, database);
  return {
    database,
    prepare: remove,
    restore: (restoring) => restoreDatabase({ launch, database, proof, ...restoring }),
    compare: (restoring) => compareDatabase({ launch, database, proof, ...restoring }),
    remove,
  };
}
