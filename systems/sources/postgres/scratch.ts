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

/** A database of a scratch server, for one drill: its name says so, and what has another name is never removed. */
export function scratchDatabase(launch: Launch, proof: PostgresProof, run: string): Scratch & { database: string } {
  const database = `drill_${run}_${proof.database}`.slice(0, 63);
  const inServer = async (sql: string) => {
    const session = await Session.open(launch, 'postgres');
    try {
      return await session.run(sql);
    } finally {
      await session.close();
    }
  };
  const remove = async () => {
    await inServer(`drop database if exists ${quoteName(database)} with (force)`);
    const left = await inServer(`select count(*) from pg_database where datname = ${quoteLiteral(database)}`);
    if (left !== '0') throw new RunbookError('ReadBackFailed', `database ${database}: expected it gone, found it`);
  };
  return {
    database,
    prepare: remove,
    restore: (restoring) => restoreDatabase({ launch, database, proof, ...restoring }),
    compare: (restoring) => compareDatabase({ launch, database, proof, ...restoring }),
    remove,
  };
}
