import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { giveTo } from '../../stack/servers/postgres-files.js';
import type { Measurable } from './measure.js';
import type { Pipeline, Places } from './pipelines.js';

/** What its cluster is called there, and the file that says so, in the directory of the server. */
export const benchStanza = 'bench';
export const configurationName = 'pgbackrest.conf';

/** A command of pgBackRest's as PostgreSQL's own user. */
export type PgBackRest = (...parameters: string[]) => Measurable;

/**
 * Sets pgBackRest up on the scratch PostgreSQL, with its repository in the scratch store: zstd -1, encrypted, two processes. From
 * then on PostgreSQL gives its log to it.
 */
export async function preparePgBackRest({ postgres, store }: Places): Promise<PgBackRest> {
  const { directory, owner, data, port, user } = postgres;
  const file = join(directory, configurationName);
  const work = ['lock', 'spool'].map((name) => join(directory, name));
  for (const each of work) await mkdir(each, { recursive: true });
  const { accessKeyId, secretAccessKey } = store.credentials;
  const lines = [
    ...['[global]', 'repo1-type=s3', 'repo1-path=/pgbackrest', `repo1-s3-bucket=${store.bucket}`],
    ...['repo1-s3-region=us-east-1', 'repo1-s3-endpoint=127.0.0.1', `repo1-storage-port=${store.tlsPort}`],
    ...['repo1-storage-verify-tls=n', 'repo1-s3-uri-style=path', `repo1-s3-key=${accessKeyId}`],
    ...[`repo1-s3-key-secret=${secretAccessKey}`, 'repo1-cipher-type=aes-256-cbc', 'repo1-cipher-pass=of-the-bench'],
    ...['repo1-bundle=y', 'repo1-retention-full=9', 'compress-type=zst', 'compress-level=1', 'process-max=2'],
    ...[
      'start-fast=y',
      'log-level-file=off',
      'log-level-console=warn',
      `lock-path=${work[0]}`,
      `spool-path=${work[1]}`,
    ],
    ...[`[${benchStanza}]`, `pg1-path=${data}`, `pg1-port=${port}`, `pg1-user=${user}`, `pg1-socket-path=${directory}`],
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  await giveTo(owner, file, ...work);
  const run: PgBackRest = (...parameters) => ({
    ...{ command: 'pgbackrest', parameters: [`--stanza=${benchStanza}`, ...parameters], owner },
    environment: { PGBACKREST_CONFIG: file },
  });
  const { command, parameters, environment } = run('stanza-create');
  await execa(command, parameters, { ...owner, cwd: '/', env: environment ?? {}, timeout: 60_000 });
  await postgres.query(
    'postgres',
    `alter system set archive_command = 'pgbackrest --config=${file} --stanza=${benchStanza} archive-push %p'`,
  );
  await postgres.query('postgres', 'select pg_reload_conf()');
  return run;
}

/** Its full backup, for comparison: the files of the whole cluster, indexes among them. */
export function pgBackRestPipeline(run: PgBackRest): Pipeline {
  return { name: 'pgbackrest --type=full', run: () => run('backup', '--type=full') };
}
