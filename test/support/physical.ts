import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { findPostgresOwner, giveTo } from '../../stack/servers/postgres-files.js';
import { startObjectStore, type TestStore } from './object-store.js';
import type { Postgres } from './postgres.js';

/** A PostgreSQL that gives its log to pgBackRest, whose repository is encrypted and lies in an S3 store of its own. */
export interface Physical {
  /** The configuration's name in the token directory. */
  configuration: string;
  /** The store; the repository's keys begin with `pgbackrest/`. */
  repository: TestStore;
  /** Where the server keeps its data. */
  data: string;
  /** pgBackRest as an operator runs it. */
  run(...parameters: string[]): Promise<string>;
  /** The file that holds an object of the repository: the first in a folder whose name begins so. */
  find(folder: string, beginning: string): Promise<string>;
  /** Runs something on a repository that may be damaged, which is mended after that. */
  whileDamaged(act: () => Promise<void>): Promise<void>;
  /** The rows of a statement in the database `postgres`. */
  sql<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** Ends the segment, and waits until it is in the archive; answers its name. */
  archive(): Promise<string>;
}

/** The stanza of all of them. */
export const stanza = 'shop';

/** Has the server archive, which starts it anew, and puts the configuration, with more of all stanzas, into the token directory. */
export async function archivePhysically(postgres: Postgres, tokens: string, ...more: string[]): Promise<Physical> {
  const repository = await startObjectStore({ tls: true });
  const owner = await findPostgresOwner();
  const sql: Physical['sql'] = async (text) => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    try {
      return (await client.query<never>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const query = async (expression: string) =>
    (await sql<{ value: string }>(`select ${expression} as value`))[0]?.value ?? '';
  const data = await query(`current_setting('data_directory')`);
  const socket = await query(`current_setting('unix_socket_directories')`);
  const work = ['pgbackrest', 'pgbackrest/lock', 'pgbackrest/spool'].map((name) => join(socket, name));
  for (const directory of work) await mkdir(directory);
  const configuration = 'pgbackrest.conf';
  const file = join(tokens, configuration);
  const { accessKeyId, secretAccessKey } = JSON.parse(await readFile(join(repository.tokens, 'store'), 'utf8')) as {
    accessKeyId: string;
    secretAccessKey: string;
  };
  const { port } = new URL(repository.endpoint);
  const lines = [
    ...['[global]', 'repo1-type=s3', 'repo1-path=/pgbackrest', `repo1-s3-bucket=${repository.spec.bucket}`],
    ...['repo1-s3-region=us-east-1', 'repo1-s3-endpoint=127.0.0.1', `repo1-storage-port=${port}`],
    ...['repo1-storage-verify-tls=n', 'repo1-s3-uri-style=path', `repo1-s3-key=${accessKeyId}`],
    ...[`repo1-s3-key-secret=${secretAccessKey}`, 'repo1-cipher-type=aes-256-cbc', 'repo1-cipher-pass=of-the-tests'],
    ...['repo1-retention-full=2', 'compress-type=zst', 'compress-level=1', 'process-max=2', 'start-fast=y'],
    ...['log-level-file=off', `lock-path=${work[1]}`, `spool-path=${work[2]}`, 'archive-timeout=20', ...more],
    ...[`[${stanza}]`, `pg1-path=${data}`, `pg1-port=${postgres.port}`, 'pg1-user=shop', `pg1-socket-path=${socket}`],
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  await giveTo(owner, file, ...work);
  // PostgreSQL's user must get to its own file.
  for (const path of [tokens, dirname(tokens)]) await chmod(path, 0o711);
  const run = async (...parameters: string[]) => {
    const options = { ...owner, cwd: '/', timeout: 120_000 };
    const { stdout } = await execa('pgbackrest', [`--config=${file}`, `--stanza=${stanza}`, ...parameters], options);
    return stdout;
  };
  await sql(`alter system set archive_mode = on`);
  const command = `pgbackrest --config="${file}" --stanza=${stanza} archive-push %p`;
  await sql(`alter system set archive_command = ${pg.escapeLiteral(command)}`);
  await postgres.restart();
  await run('stanza-create');
  const files = repository.fileOf('pgbackrest');
  return {
    ...{ configuration, repository, data, run, sql },
    async find(folder, beginning) {
      const found = (await readdir(join(files, folder))).find((name) => name.startsWith(beginning));
      return join(files, folder, found ?? `none with ${beginning}`);
    },
    async whileDamaged(act) {
      await execa('cp', ['-a', files, `${files}-saved`]);
      try {
        await act();
      } finally {
        await rm(files, { recursive: true });
        await rename(`${files}-saved`, files);
      }
    },
    async archive() {
      const segment = await query(`pg_walfile_name(pg_current_wal_insert_lsn())`);
      // As an operator makes sure: it waits for what it has switched.
      await run('check');
      return segment;
    },
  };
}

/** Flips a bit in the middle of a file. */
export async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(path, bytes);
}

/** The command lines of programs that belong to a place of a test's own. */
export async function running(place: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    if (command.includes(place)) found.push(command);
  }
  return found;
}
