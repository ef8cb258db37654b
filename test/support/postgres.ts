import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { obtainPostgres } from '../../stack/binaries/postgresql.js';
import { findFreePorts } from '../../stack/ports.js';
import { eventually } from './settings.js';

/** A PostgreSQL of its own for one test file, on loopback, with a password. */
export interface Postgres {
  /** Where the database `postgres` is reached by its owner. */
  url: string;
  password: string;
  port: number;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** PostgreSQL does not run as root: then it is given Debian's own user for it, or whoever owns least. */
async function ownerOf(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('expected a user "postgres" or "nobody" in /etc/passwd, found neither');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Makes a cluster in a temporary directory and starts it. */
export async function startPostgres(): Promise<Postgres> {
  const programs = await obtainPostgres((line) => process.stderr.write(`${line}\n`));
  const owner = await ownerOf();
  const directory = await mkdtemp(join(tmpdir(), 'postgres-'));
  const password = 'password-of-the-tests';
  await writeFile(join(directory, 'password'), password);
  if (owner.uid !== undefined)
    for (const path of [directory, join(directory, 'password')]) await chown(path, owner.uid, owner.gid ?? 0);
  const data = join(directory, 'data');
  const options = ['--username=shop', `--pwfile=${join(directory, 'password')}`, '--auth=scram-sha-256', '--no-sync'];
  await execa(join(programs, 'initdb'), ['-D', data, ...options], { ...owner, cwd: directory, timeout: 60_000 });
  const [port = 0] = await findFreePorts(1);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'];
  const child: ChildProcess = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...settings.flatMap((each) => ['-c', each])],
    {
      ...owner,
      cwd: directory,
      stdio: 'ignore',
    },
  );
  const ended = once(child, 'exit');
  await eventually('a PostgreSQL that is ready', 30, async () => {
    const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
    return file.split('\n')[7]?.trim() === 'ready';
  });
  const kill = async () => {
    // Immediate shutdown: the server's own children end with it.
    child.kill('SIGQUIT');
    await ended;
  };
  return {
    url: `postgresql://shop:${password}@127.0.0.1:${port}/postgres`,
    password,
    port,
    kill,
    async remove() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
