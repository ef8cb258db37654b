import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import type { StackLayout } from '../layout.js';
import type { StackEnvironment } from '../state.js';
import { writeAtomically } from '../write-file.js';
import type { Credentials } from './buckets.js';
import { findPostgresOwner, giveTo } from './postgres-files.js';

/** pgBackRest's name for the stack's PostgreSQL. */
const stanza = 'shop';

/** Writes the configuration by which pgBackRest backs the stack's PostgreSQL up into its S3, and gives the file's path. */
export async function configurePgBackRest(layout: StackLayout, postgresPort: number, tlsPort: number): Promise<string> {
  const owner = await findPostgresOwner();
  const { accessKeyId, secretAccessKey } = JSON.parse(
    await readFile(join(layout.tokens, 'backup-store'), 'utf8'),
  ) as Credentials;
  const work = ['', 'lock', 'spool'].map((name) => join(layout.postgres, 'pgbackrest', name));
  for (const directory of work) await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = configurationFile(layout);
  const lines = [
    ...['[global]', 'repo1-type=s3', 'repo1-path=/pgbackrest', 'repo1-s3-bucket=backups', 'repo1-s3-region=us-east-1'],
    // It speaks TLS only, and compares names but no addresses with a certificate.
    ...['repo1-s3-endpoint=127.0.0.1', `repo1-storage-port=${tlsPort}`, 'repo1-storage-verify-tls=n'],
    ...['repo1-s3-uri-style=path', `repo1-s3-key=${accessKeyId}`, `repo1-s3-key-secret=${secretAccessKey}`],
    ...['repo1-cipher-type=aes-256-cbc', `repo1-cipher-pass=${randomBytes(30).toString('base64url')}`],
    ...['repo1-bundle=y', 'repo1-retention-full=2', 'compress-type=zst', 'compress-level=1', 'process-max=2'],
    ...['start-fast=y', 'log-level-file=off', `lock-path=${join(layout.postgres, 'pgbackrest', 'lock')}`],
    `spool-path=${join(layout.postgres, 'pgbackrest', 'spool')}`,
    ...[`[${stanza}]`, `pg1-path=${join(layout.postgres, 'data')}`, `pg1-port=${postgresPort}`, 'pg1-user=postgres'],
    `pg1-socket-path=${layout.postgres}`,
  ];
  await writeAtomically(file, `${lines.join('\n')}\n`, 0o600);
  await giveTo(owner, ...work, file);
  return file;
}

/** Runs pgBackRest as PostgreSQL's own user, on the stack's own PostgreSQL, and gives what it prints. */
export async function runPgBackRest(
  { PGBACKREST_CONFIG }: Pick<StackEnvironment, 'PGBACKREST_CONFIG'>,
  ...parameters: string[]
): Promise<string> {
  const { stdout } = await execa('pgbackrest', [`--stanza=${stanza}`, ...parameters], {
    ...(await findPostgresOwner()),
    cwd: '/',
    env: { PGBACKREST_CONFIG },
    timeout: 600_000,
  });
  return stdout;
}

/** Has PostgreSQL give its segments to pgBackRest from now on. Not done at each start: a stack seldom wants them. */
export async function startArchiving(
  environment: Pick<StackEnvironment, 'PGBACKREST_CONFIG' | 'RUNBOOK_TOKEN_DIRECTORY'>,
): Promise<void> {
  await runPgBackRest(environment, 'stanza-create');
  const connectionString = (await readFile(join(environment.RUNBOOK_TOKEN_DIRECTORY, 'postgres-admin'), 'utf8')).trim();
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  await client.connect();
  try {
    const command = `pgbackrest --config="${environment.PGBACKREST_CONFIG}" --stanza=${stanza} archive-push %p`;
    await client.query(`ALTER SYSTEM SET archive_command = ${client.escapeLiteral(command)}`);
    await client.query('SELECT pg_reload_conf()');
  } finally {
    await client.end();
  }
}

function configurationFile(layout: StackLayout): string {
  return join(layout.postgres, 'pgbackrest.conf');
}
