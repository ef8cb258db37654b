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
import { createPostgresFiles, isPostgresReady } from './postgres-files.js';

// A Unix socket's path has 107 bytes on Linux; this is the name of the longest file there: that of the socket's lock.
const longestSocketName = '/.s.PGSQL.65535.lock';

/** Starts PostgreSQL with the database `shop` of the role `shop`; who may connect stands in the tokens `shop-db` and `postgres-admin`. */
export async function startPostgres(starting: Starting, port: number): Promise<void> {
  const { layout } = starting;
  const programs = await obtainPostgres(starting.say, starting.signal);
  await reportStep(starting.say, 'postgres', 'starting', async () => {
    const password = newPassword();
    await mkdir(dirname(layout.postgres), { recursive: true, mode: 0o755 });
    const { data, owner } = await createPostgresFiles(layout.postgres, { programs, superuser: 'postgres', password });
    await appendFile(join(data, 'postgresql.conf'), renderSettings(layout.postgres, port, layout.name));
    const command = join(programs, 'postgres');
    starting.start(
      { name: 'postgres', command, parameters: ['-D', data], directory: layout.postgres, owner },
      `127.0.0.1:${port}`,
    );
    const next = logOf(layout, 'postgres');
    await waitFor({ what: 'postgres ready', seconds: 60, next, signal: starting.signal }, () => isPostgresReady(data));
    await createShop(layout.tokens, port, password);
  });
}

/** Where a database of the stack's PostgreSQL is, with the role's password: for token files only. */
function connectionString(role: string, password: string, port: number, database: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

// In the file and not on the command line, so that ALTER SYSTEM goes before them.
function renderSettings(directory: string, port: number, name: string): string {
  const fits = Buffer.byteLength(directory + longestSocketName) <= 107;
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: fits ? directory : '',
    cluster_name: name, // stands in the title of each of its processes
    fsync: 'off', // the stack is gone before the machine is
    // What physical backups want, and a running server cannot begin with. Segments are kept nowhere until startArchiving.
    wal_level: 'replica',
    archive_mode: 'on',
    archive_command: 'true',
    // Shared memory in files of the cluster: nothing is left in /dev/shm when it is killed.
    dynamic_shared_memory_type: 'mmap',
    log_min_messages: 'warning',
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
