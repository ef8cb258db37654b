import { randomBytes } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { obtainPostgres } from '../binaries/postgresql.js';
import { logOf } from '../daemons.js';
import { reportStep } from '../progress.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';
import { writeAtomically } from '../write-file.js';
import { createPostgresFiles, findPostgresOwner, giveTo, isPostgresReady } from './postgres-files.js';

// A Unix socket's path has 107 bytes on Linux; this is the name of the longest file there: that of the socket's lock.
const longestSocketName = '/.s.PGSQL.65535.lock';

/** One server of its own files. */
interface Server {
  name: 'postgres' | 'postgres-scratch';
  directory: string;
  port: number;
  settings: Record<string, string | number>;
}

/** Starts PostgreSQL with the database `shop` of the role `shop`; who may connect stands in the tokens `shop-db` and `postgres-admin`. */
export async function startPostgres(starting: Starting, port: number): Promise<void> {
  const { tokens, postgres } = starting.layout;
  // What physical backups want, and a running server cannot begin with. Segments are kept nowhere until startArchiving.
  const settings = { wal_level: 'replica', archive_mode: 'on', archive_command: 'true' };
  await startServer(starting, { name: 'postgres', directory: postgres, port, settings }, (password) =>
    createShop(tokens, port, password),
  );
}

/** Starts another PostgreSQL, empty, for drills: they restore nothing into a server that is backed up. Its token is `scratch-db`. */
export async function startScratchPostgres(starting: Starting, port: number): Promise<void> {
  const { tokens, postgres } = starting.layout;
  const directory = join(postgres, 'scratch');
  const settings = { wal_level: 'minimal', max_wal_senders: 0 };
  await startServer(starting, { name: 'postgres-scratch', directory, port, settings }, (password) =>
    writeAtomically(join(tokens, 'scratch-db'), `${connectionString('postgres', password, port, 'postgres')}\n`, 0o600),
  );
}

async function startServer(
  starting: Starting,
  { name, directory, port, settings }: Server,
  prepare: (password: string) => Promise<void>,
): Promise<void> {
  const { layout, say, signal } = starting;
  const programs = await obtainPostgres(say, signal);
  await reportStep(say, name, 'starting', async () => {
    const password = newPassword();
    await makeRoom(layout.postgres);
    const { data, owner } = await createPostgresFiles(directory, { programs, superuser: 'postgres', password });
    await appendFile(join(data, 'postgresql.conf'), renderSettings(directory, port, layout.name, settings));
    const command = join(programs, 'postgres');
    starting.start({ name, command, parameters: ['-D', data], directory, owner }, `127.0.0.1:${port}`);
    const next = logOf(layout, name);
    await waitFor({ what: `${name} ready`, seconds: 60, next, signal }, () => isPostgresReady(data));
    await prepare(password);
  });
}

// Both servers' files lie in it, so their owner must get into it, whichever comes first.
async function makeRoom(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o755 });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await giveTo(await findPostgresOwner(), directory);
}

/** Where a database of the stack's PostgreSQL is, with the role's password: for token files only. */
function connectionString(role: string, password: string, port: number, database: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

// In the file and not on the command line, so that ALTER SYSTEM goes before them.
function renderSettings(directory: string, port: number, name: string, more: Server['settings']): string {
  const fits = Buffer.byteLength(directory + longestSocketName) <= 107;
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: fits ? directory : '',
    cluster_name: name, // stands in the title of each of its processes
    fsync: 'off', // the stack is gone before the machine is
    // Shared memory in files of the cluster: nothing is left in /dev/shm when it is killed.
    dynamic_shared_memory_type: 'mmap',
    log_min_messages: 'warning',
    ...more,
  };
  return Object.entries(settings)
    .map(([setting, value]) => `${setting} = '${String(value).replaceAll("'", "''")}'\n`)
    .join('');
}

async function createShop(tokens: string, port: number, adminPassword: string): Promise<void> {
  const password = newPassword();
  const admin = connectionString('postgres', adminPassword, port, 'postgres');
  const client = new pg.Client({ connectionString: admin, connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  await client.connect();
  try {
    await client.query(`CREATE ROLE shop LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    await client.query('CREATE DATABASE shop OWNER shop');
  } finally {
    await client.end();
  }
  await writeAtomically(join(tokens, 'postgres-admin'), `${admin}\n`, 0o600);
  const shop = connectionString('shop', password, port, 'shop');
  await writeAtomically(join(tokens, 'shop-db'), `${shop}\n`, 0o600);
}
