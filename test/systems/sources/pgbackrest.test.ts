import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type pg from 'pg';
import type { PgBackRestProof } from '../../../core/manifest.js';
import { openPgBackRest, type PgBackRest } from '../../../systems/sources/pgbackrest/pgbackrest.js';
import { parseTarget } from '../../../systems/sources/pgbackrest/restore-target.js';
import { scratchCluster } from '../../../systems/sources/pgbackrest/scratch.js';
import { pgBackRestSource } from '../../../systems/sources/pgbackrest/source.js';
import { verifyPhysical } from '../../../systems/sources/pgbackrest/verify.js';
import { Session } from '../../../systems/sources/postgres/session.js';
import type { Restoring, Sending } from '../../../systems/sources/source.js';
import { findPostgresOwner } from '../../../stack/servers/postgres-files.js';
import { archivePhysically, flipBit, stanza, type Physical } from '../../support/physical.js';
import { startPostgres, type Postgres } from '../../support/postgres.js';

jest.setTimeout(120_000);

let home: string;
let tokens: string;
let postgres: Postgres;
let physical: Physical;
let pgBackRest: PgBackRest;

const { signal } = new AbortController();

beforeAll(async () => {
  // A quote and a blank in a path: of the configuration, and of what is restored.
  home = await mkdtemp(join(tmpdir(), "phy's "));
  tokens = join(home, 'tokens');
  for (const name of ['tokens', 'scratch']) await mkdir(join(home, name), { mode: 0o711 });
  postgres = await startPostgres();
  physical = await archivePhysically(postgres, tokens);
  pgBackRest = await openPgBackRest({ stanza, configuration: physical.configuration }, tokens);
  await sql('create table kept as select i, md5(i::text) t from generate_series(1, 20000) i; create index on kept (t)');
}, 120_000);

afterAll(async () => {
  await postgres.remove();
  await physical.repository.stop();
  await rm(home, { recursive: true, force: true });
});

const sql = <Row extends pg.QueryResultRow>(text: string) => physical.sql<Row>(text);

async function backUp(id: string, change: Partial<Parameters<typeof pgBackRestSource>[1]> = {}) {
  const source = pgBackRestSource(pgBackRest, { name: 'db', fullEvery: 7, between: 'incr', ...change });
  let bytes = 0;
  const sending = { id, signal, keep: () => undefined, resume: undefined } as unknown as Sending;
  const onProgress = (more: number) => (bytes += more);
  const [proof] = (await source.backUp({ ...sending, onProgress })) as [PgBackRestProof];
  return { proof, bytes };
}

test('the first is full, then what has changed; one that was made is found and not made again; each can be told from another', async () => {
  const source = pgBackRestSource(pgBackRest, { name: 'db', fullEvery: 7, between: 'incr' });
  expect(await source.check(signal)).toEqual([
    expect.stringMatching(/^stanza shop of PostgreSQL \d+ by pgBackRest 2\.\d+$/),
    'there is none yet',
    'this one: full',
  ]);

  const full = await backUp('a');
  const again = await backUp('a');
  const incremental = await backUp('b');
  const differential = await backUp('c', { between: 'diff' });
  const next = await backUp('d', { fullEvery: 3 });

  expect(full.proof).toMatchObject({ kind: 'pgbackrest', type: 'full', references: [] });
  const [{ identifier } = {}] = await sql('select system_identifier::text identifier from pg_control_system()');
  expect(full.proof.systemIdentifier).toBe(identifier);
  expect(full.bytes).toBeGreaterThan(full.proof.bytes * 0.9);
  expect(again).toEqual({ proof: full.proof, bytes: 0 });
  expect(incremental.proof).toMatchObject({ type: 'incr', references: [full.proof.label] });
  expect(differential.proof).toMatchObject({ type: 'diff', references: [full.proof.label] });
  expect(incremental.proof.storedBytes).toBeLessThan(full.proof.storedBytes / 2);
  expect(next.proof).toMatchObject({ type: 'full', references: [] });
  const labels = [full, incremental, differential, next].map(({ proof }) => proof.label);
  const [info] = JSON.parse(await physical.run('info', '--output=json')) as [{ backup: { label: string }[] }];
  expect(info.backup.map(({ label }) => label)).toEqual(labels);
});

test('another pgBackRest at work is waited for; a wrong passphrase is named, and quotes nothing', async () => {
  const lock = join(dirname(physical.data), 'pgbackrest/lock', `${stanza}-backup.lock`);
  const holder = spawn('flock', ['--exclusive', '--no-fork', lock, 'cat'], await findPostgresOwner());
  holder.stdin.write('held');
  await once(holder.stdout, 'data');
  await expect(backUp('locked')).rejects.toMatchObject({ code: 'Conflict', message: expect.stringMatching(/lock/) });
  holder.stdin.end();
  await once(holder, 'close');

  const text = await readFile(pgBackRest.configuration, 'utf8');
  const failWith = (changed: string) =>
    writeFile(pgBackRest.configuration, changed)
      .then(() => backUp('wrong'))
      .catch((error: unknown) => error)
      .finally(() => writeFile(pgBackRest.configuration, text));
  expect(await failWith(text.replace('cipher-pass=', 'cipher-pass=not-'))).toMatchObject({
    code: 'WrongKey',
    message: expect.stringMatching(/^[\x20-\x7e’]+$/),
  });
  expect(await failWith(text.replace('repo1-s3-key-secret=', 'repo1-s3-key-secret=not-'))).toMatchObject({
    code: 'Forbidden',
    message: expect.not.stringContaining('ACCESSKEY'),
  });
});

describe('whatever is damaged in the repository is found, by name', () => {
  let proof: PgBackRestProof;
  let between: string;

  beforeAll(async () => {
    await backUp('full', { fullEvery: 1 });
    await sql('insert into kept select i, md5(i::text) from generate_series(1, 100) i');
    proof = (await backUp('incremental')).proof;
    // Segments that no backup needs, and every restore to a later moment does.
    between = await physical.archive();
    await physical.archive();
  });

  test('nothing, while nothing is', async () => {
    expect(await verifyPhysical(pgBackRest, proof, signal)).toMatch(
      / and \d+ segments of the log up to \w{24}: whole$/,
    );
  });

  const table = async () => {
    const [found] = await sql<{ path: string }>(`select pg_relation_filepath('kept') path`);
    return found?.path ?? '';
  };
  const inFull = async () => `backup/${stanza}/${proof.references[0]}/pg_data/${dirname(await table())}`;
  const inLog = (segment: string) => `archive/${stanza}/${proof.archive}/${segment.slice(0, 16)}`;
  const flipped = async (folder: string, name: string) => {
    const path = await physical.find(folder, name);
    await flipBit(path);
    return path;
  };
  const gone = async (folder: string, name: string) => {
    const path = await physical.find(folder, name);
    await rename(path, `${path}-gone`);
    return path;
  };
  test.each([
    ['a bit of a file of the full backup that it rests upon', async () => flipped(await inFull(), '1259')],
    [
      'a file that was cut',
      async () => {
        const path = await physical.find(await inFull(), '1255');
        await truncate(path, 1000);
        return path;
      },
    ],
    ['a file that is gone', async () => gone(await inFull(), '2619')],
    ['a bit of its manifest', () => flipped(`backup/${stanza}/${proof.label}`, 'backup.manifest')],
    ['a bit of a segment of the log', () => flipped(inLog(between), between)],
    ['a segment of the log that is gone, after its end', () => gone(inLog(between), between)],
    ['a segment of the log that is gone, within it', () => gone(inLog(proof.archiveStop), proof.archiveStop)],
  ])('%s', async (_what, damage) => {
    await physical.whileDamaged(async () => {
      const path = await damage();
      const message = expect.stringContaining(basename(path).replace(/-[0-9a-f]{40}.*$/, ''));
      await expect(verifyPhysical(pgBackRest, proof, signal)).rejects.toMatchObject({ code: 'BackupCorrupt', message });
    });
  });

  test('a backup that pgBackRest no longer has', async () => {
    const expired = { ...proof, label: '20200101-020000F' };
    const message = expect.stringMatching(/expected backup 20200101-020000F .* found only /);
    await expect(verifyPhysical(pgBackRest, expired, signal)).rejects.toMatchObject({ code: 'BackupCorrupt', message });
  });
});

function open(proof: PgBackRestProof, at: string, parent = join(home, 'scratch')) {
  return scratchCluster({ pgBackRest, proof, parent, run: 'r', target: parseTarget(at) });
}

const restoring = { signal, streams: 2, onProgress: () => undefined } as unknown as Restoring;

async function ask(cluster: ReturnType<typeof open>, text: string): Promise<string> {
  const session = await Session.open(await cluster.launch(signal), 'postgres');
  try {
    return await session.run(text);
  } finally {
    await session.close();
  }
}

test('a table that was dropped is back as of a moment before that; the newest moment has what came later', async () => {
  const { proof } = await backUp('before');
  await sql('create table lost as select generate_series(1, 1000) i');
  const [{ now } = { now: new Date() }] = await sql<{ now: Date }>('select clock_timestamp() as now');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sql('drop table lost');
  await sql(`create table later as select 1 as i`);
  await physical.archive();

  const then = open(proof, now.toISOString());
  await then.prepare();
  await then.restore(restoring);
  expect(await ask(then, 'select count(*) from lost')).toBe('1000');
  expect(await then.readMoment()).toBe(now.toISOString());
  // Nobody but who is on this machine gets to it, and it gives its log to nobody.
  expect(await ask(then, `select current_setting('listen_addresses') || current_setting('archive_mode')`)).toBe('off');
  expect(await then.compare(restoring)).toEqual([]);

  const newest = open(proof, 'latest');
  await newest.prepare();
  await newest.restore(restoring);
  expect(await ask(newest, `select to_regclass('lost') is null, i from later`)).toBe('t|1');
  expect(Date.parse(await newest.readMoment())).toBeGreaterThan(now.getTime());
  // Damage that a restore brought along: a page of a table.
  const [{ path } = { path: '' }] = await sql<{ path: string }>(`select pg_relation_filepath('kept') path`);
  await flipBit(join(newest.folder, 'data', path));
  expect((await newest.compare(restoring)).join()).toMatch(new RegExp(`kept|${path}`));
  await newest.remove();
  expect(await readdir(join(home, 'scratch'))).toEqual([]);
});

test('a segment that cannot be read is no end of the log; a moment beyond it is refused, as a folder of a cluster is', async () => {
  const { proof } = await backUp('holed');
  const segment = await physical.archive();
  await physical.archive();
  const path = await physical.find(`archive/${stanza}/${proof.archive}/${segment.slice(0, 16)}`, segment);
  const cluster = open(proof, 'latest');
  await cluster.prepare();
  const beyond = open(proof, new Date(Date.now() + 86_400_000).toISOString());
  await expect(beyond.restore(restoring)).rejects.toMatchObject({ code: 'NotFound' });

  await flipBit(path);
  await cluster.prepare();
  await expect(cluster.restore(restoring)).rejects.toMatchObject({
    code: 'BackupCorrupt',
    message: expect.stringContaining('cannot be read'),
  });
  const own = open(proof, 'backup');
  await own.prepare();
  await own.restore(restoring);
  expect(await own.readMoment()).toBe(proof.stoppedAt);
  await flipBit(path);
  await cluster.remove();

  await expect(open(proof, 'latest', physical.data).prepare()).rejects.toMatchObject({ code: 'Refused' });
  await expect(open(proof, 'latest', join(physical.data, 'base')).prepare()).rejects.toMatchObject({ code: 'Refused' });
  expect(await sql('select 1 as one')).toEqual([{ one: 1 }]);
});
