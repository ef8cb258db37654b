import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { obtainPostgres } from '../../stack/binaries/postgresql.js';
import { findFreePorts } from '../../core/free-port.js';
import { findPostgresOwner } from '../../stack/servers/postgres-files.js';

/** Answers the rows of statements in one of a started cluster's databases. */
export type Ask = <Row extends pg.QueryResultRow>(text: string, database?: string) => Promise<Row[]>;

/**
 * Starts the server of a data folder by pg_ctl, as an operator does, for as long as something uses it: with its own settings but for its
 * address, and those that are given as NAME=VALUE.
 */
export async function whileStarted(
  { folder, password, settings }: { folder: string; password: string; settings: string[] },
  use: (ask: Ask) => Promise<void>,
): Promise<void> {
  const pgCtl = join(await obtainPostgres(() => undefined), 'pg_ctl');
  const [port = 0] = await findFreePorts(1);
  const options = { ...(await findPostgresOwner()), cwd: '/', stdio: 'ignore', timeout: 90_000 } as const;
  const own = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  await execa(pgCtl, ['-D', folder, '-w', '-o', own.map((each) => `-c ${each}`).join(' '), 'start'], options);
  try {
    await use(async (text, database = 'postgres') => {
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'shop', password, database });
      await client.connect();
      try {
        return (await client.query<never>(text)).rows;
      } finally {
        await client.end();
      }
    });
  } finally {
    await execa(pgCtl, ['-D', folder, '-w', '-m', 'fast', 'stop'], options);
  }
}
