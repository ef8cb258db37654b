import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import pg from 'pg';
import { obtainPostgres } from '../../stack/binaries/postgresql.js';
import { findPostgresOwner } from '../../stack/servers/postgres-files.js';
import { archivePhysically, stanza, type Physical } from '../support/physical.js';
import { startPostgres, type Postgres } from '../support/postgres.js';

jest.setTimeout(120_000);

let postgres: Postgres;
let physical: Physical;
let tokens: string;
let data: string;

beforeAll(async () => {
  [tokens, data] = [await mkdtemp(join(tmpdir(), 'tokens-')), await mkdtemp(join(tmpdir(), 'cluster-'))];
  const { uid, gid } = await findPostgresOwner();
  if (uid !== undefined && gid !== undefined) await chown(data, uid, gid);
  postgres = await startPostgres();
  physical = await archivePhysically(postgres, tokens, 'repo1-bundle=y');
}, 120_000);

afterAll(async () => {
  await postgres.remove();
  await physical.repository.stop();
  for (const path of [tokens, data]) await rm(path, { recursive: true, force: true });
});

test('the lines of docs/restore-by-hand.md for a whole cluster bring back a table that was dropped', async () => {
  const socket = dirname(physical.data);
  await physical.sql(`alter system set port = ${postgres.port}`);
  await physical.sql(`alter system set unix_socket_directories = ${pg.escapeLiteral(socket)}`);
  await physical.run('backup', '--type=full');
  await physical.sql('create table lost as select generate_series(1, 1000) i');
  const [moment] = (await physical.sql(`select clock_timestamp()::text as now`)) as [{ now: string }];
  await physical.sql('drop table lost');
  await physical.archive();
  const [info] = JSON.parse(await physical.run('info', '--output=json')) as [{ backup: { label: string }[] }];
  const text = await readFile(new URL('../../docs/restore-by-hand.md', import.meta.url), 'utf8');
  const commands = [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
  // Its own settings name the port that it had: the old server is gone on the day on which this is done.
  await postgres.kill();
  const programs = await obtainPostgres(() => undefined);
  const options = { ...(await findPostgresOwner()), cwd: '/', timeout: 90_000 };

  await execa('bash', ['-euo', 'pipefail', '-c', commands], {
    ...options,
    stdio: 'ignore',
    env: {
      CONFIGURATION: join(tokens, physical.configuration),
      ...{ STANZA: stanza, SET: info.backup[0]?.label, DATA: data, MOMENT: moment.now },
      PATH: `${programs}:${process.env['PATH']}`,
    },
  });

  try {
    const psql = [
      '-X',
      '-A',
      '-t',
      '-U',
      'shop',
      '-h',
      socket,
      '-p',
      String(postgres.port),
      '-d',
      'postgres',
      '-c',
      'select count(*) from lost',
    ];
    const { stdout } = await execa(join(programs, 'psql'), psql, options);
    expect(stdout).toBe('1000');
  } finally {
    await execa(join(programs, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], options);
  }
});
