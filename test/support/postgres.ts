import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainPostgres } from '../../stack/binaries/postgresql.js';
import { findFreePorts } from '../../core/free-port.js';
import { createPostgresFiles, isPostgresReady } from '../../stack/servers/postgres-files.js';
import { eventually } from './settings.js';

/** A PostgreSQL of its own for one test file, on loopback, with a password. */
export interface Postgres {
  /** Where the database `postgres` is reached by its owner. */
  url: string;
  password: string;
  port: number;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** The same, and starts it anew. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a cluster in a temporary directory and starts it. */
export async function startPostgres(): Promise<Postgres> {
  const programs = await obtainPostgres((line) => process.stderr.write(`${line}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'postgres-'));
  const password = 'password-of-the-tests';
  const { data, owner } = await createPostgresFiles(directory, { programs, superuser: 'shop', password });
  const [port = 0] = await findFreePorts(1);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'];
  const start = async () => {
    const parameters = ['-D', data, ...settings.flatMap((each) => ['-c', each])];
    const child = spawn(join(programs, 'postgres'), parameters, { ...owner, cwd: directory, stdio: 'ignore' });
    const ended = once(child, 'exit');
    await eventually('a PostgreSQL that is ready', 30, () => isPostgresReady(data));
    return { child, ended };
  };
  let running = await start();
  const kill = async () => {
    // Immediate shutdown: the server's own children end with it.
    running.child.kill('SIGQUIT');
    await running.ended;
  };
  return {
    url: `postgresql://shop:${password}@127.0.0.1:${port}/postgres`,
    password,
    port,
    kill,
    async restart() {
      await kill();
      running = await start();
    },
    async remove() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
