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

/** The name of a run's own database: of a drill, or of a restore until it is whole. */
export function scratchName(purpose: 'drill' | 'restore', run: string, database: string): string {
  return `${purpose}_${run}_${database}`.slice(0, 63);
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

/** A database for one drill, or of a restore until it is whole: its name says so, and what has another name is never removed. */
export function scratchDatabase(
  launch: Launch,
  proof: PostgresProof,
  run: string,
  purpose: 'drill' | 'restore' = 'drill',
): Scratch & { database: string } {
  const database = scratchName(purpose, run, proof.database);
  const remove = () => removeScratchDatabase(launch, database);
  return {
    database,
    prepare: remove,
    restore: (restoring) => restoreDatabase({ launch, database, proof, ...restoring }),
    compare: (restoring) => compareDatabase({ launch, database, proof, ...restoring }),
    remove,
  };
}
