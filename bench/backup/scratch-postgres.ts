import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { obtainPostgres } from '../../stack/binaries/postgresql.js';
import type { Owner } from '../../stack/owner.js';
import { findFreePorts } from '../../core/free-port.js';
import type { Say } from '../../stack/progress.js';
import { createPostgresFiles, isPostgresReady } from '../../stack/servers/postgres-files.js';
import { waitFor } from '../../stack/wait.js';

/** A PostgreSQL of a bench's own. */
export interface ScratchPostgres {
  /** Where its programs are. */
  programs: string;
  /** The directory of its data, and that of its socket. */
  data: string;
  directory: string;
  owner: Owner;
  port: number;
  /** The superuser's name and password. */
  user: string;
  password: string;
  /** Where a database of it is, with the password. */
  url(database: string): string;
  query(database: string, sql: string): Promise<pg.QueryResult>;
  stop(): Promise<void>;
}

const user = 'postgres';
const password = 'password-of-the-bench';

/** Settings under which neither a disk that is slow nor work in the background is measured; archiving for pgBackRest. */
const settings = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  autovacuum: 'off',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  wal_level: 'replica',
  archive_mode: 'on',
  archive_command: 'true',
};

/** Those of a server that drills restore into, as the stack's: nothing of it is archived. */
export const settingsForDrills = { wal_level: 'minimal', max_wal_senders: 0, archive_mode: 'off' };

/** Makes an empty cluster below the folder, and starts it. */
export async function startScratchPostgres(
  folder: string,
  say: Say,
  own: Record<string, string | number> = {},
): Promise<ScratchPostgres> {
  const programs = await obtainPostgres(say);
  const directory = join(folder, 'postgres');
  await mkdir(folder, { recursive: true });
  const { data, owner } = await createPostgresFiles(directory, { programs, superuser: user, password });
  const lines = Object.entries({ ...settings, ...own }).map(([name, value]) => `${name} = '${value}'\n`);
  await appendFile(join(data, 'postgresql.conf'), lines.join(''));
  return runPostgres({ programs, directory, data, owner });
}

/** Starts the server of a cluster that is there. */
async function runPostgres(
  cluster: Pick<ScratchPostgres, 'programs' | 'directory' | 'data' | 'owner'>,
): Promise<ScratchPostgres> {
  const { programs, directory, data, owner } = cluster;
  const [port = 0] = await findFreePorts(1);
  const own = ['-c', `port=${port}`, '-c', `unix_socket_directories=${directory}`];
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...own], { ...owner, cwd: directory, stdio: 'ignore' });
  const ended = once(server, 'exit');
  const endWithUs = () => server.kill('SIGQUIT');
  process.once('exit', endWithUs);
  await waitFor({ what: 'scratch PostgreSQL ready', seconds: 60, next: data }, () => isPostgresReady(data));
  const url = (database: string) => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  return {
    ...{ ...cluster, port, user, password, url },
    async query(database, sql) {
      const client = new pg.Client({ connectionString: url(database) });
      await client.connect();
      try {
        return await client.query(sql);
      } finally {
        await client.end();
      }
    },
    async stop() {
      process.off('exit', endWithUs);
      server.kill('SIGINT');
      await ended;
    },
  };
}
