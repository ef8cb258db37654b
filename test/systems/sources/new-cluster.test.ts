import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { PgBackRestProof } from '../../../core/manifest.js';
import { newCluster } from '../../../systems/sources/pgbackrest/new-cluster.js';
import { handOver, pathsOf } from '../../../systems/sources/pgbackrest/new-place.js';
import { openPgBackRest, type PgBackRest } from '../../../systems/sources/pgbackrest/pgbackrest.js';
import { findServer } from '../../../systems/sources/pgbackrest/scratch-server.js';
import { pgBackRestSource } from '../../../systems/sources/pgbackrest/source.js';
import type { Sending } from '../../../systems/sources/source.js';
import { archivePhysically, running, stanza, type Physical } from '../../support/physical.js';
import { startPostgres, type Postgres } from '../../support/postgres.js';
import { eventually } from '../../support/settings.js';
import { whileStarted } from '../../support/started-cluster.js';

jest.setTimeout(120_000);

let home: string;
let postgres: Postgres;
let physical: Physical;
let pgBackRest: PgBackRest;
let proof: PgBackRestProof;

const { signal } = new AbortController();

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'new-'));
  for (const name of ['tokens', 'clusters']) await mkdir(join(home, name), { mode: 0o711 });
  postgres = await startPostgres();
  physical = await archivePhysically(postgres, join(home, 'tokens'));
  pgBackRest = await openPgBackRest({ stanza, configuration: physical.configuration }, join(home, 'tokens'));
  await physical.sql('create table kept as select i, md5(i::text) t from generate_series(1, 100000) i');
  const source = pgBackRestSource(pgBackRest, { name: 'db', fullEvery: 7, between: 'incr' });
  const sending = { id: 'a', signal, onProgress: () => undefined } as unknown as Sending;
  [proof] = (await source.backUp(sending)) as [PgBackRestProof];
  // Some segments of log, so that a replay takes a while.
  for (let times = 0; times < 4; times += 1) await physical.sql(`update kept set t = t || 'x'`);
  await physical.archive();
}, 120_000);

afterAll(async () => {
  await postgres.remove();
  await physical.repository.stop();
  await rm(home, { recursive: true, force: true });
});

test('each worker goes on from the one before: pgBackRest with what is there, a server that replays, and one that was ended', async () => {
  const place = { into: join(home, 'clusters', 'pg'), run: 'run-00000001', name: 'db' };
  const { work } = pathsOf(place);
  const open = () => newCluster({ pgBackRest, proof, target: 'latest', into: place.into, run: place.run });
  const [first, slow] = [new AbortController(), new AbortController()];
  const gone = new Error('this worker is gone');

  await open().prepare();
  const begun = open().restoreFiles({ signal: first.signal, onProgress: () => first.abort(gone) });
  await expect(begun).rejects.toBe(gone);
  await open().prepare();
  expect(await readdir(join(work, 'data'))).toContain('backup.manifest');
  await open().restoreFiles({ signal, onProgress: () => undefined });

  const waiting = open().replay(slow.signal);
  const ended = waiting.catch((error: unknown) => error);
  await eventually('a server', 30, async () => (await findServer(work)) !== undefined);
  expect((await findServer(work))?.isReady).toBe(false);
  const next = open().replay(signal);
  slow.abort(gone);
  expect(await ended).toMatchObject({ name: 'AbortError' });
  await next;

  expect(await open().compare({ signal, streams: 1 })).toEqual([]);
  expect(await open().name(signal)).toMatch(/^a cluster of PostgreSQL \d+, shut down$/);
  await handOver(place);
  expect(await readdir(join(home, 'clusters'))).toEqual(['pg']);
  expect(await running(join(home, 'clusters'))).toEqual([]);
  const settings = ['archive_mode=off'];
  await whileStarted({ folder: place.into, password: postgres.password, settings }, async (ask) => {
    const hash = 'select md5(string_agg(t, i::text order by i)) as hash from kept';
    expect(await ask(hash)).toEqual(await physical.sql(hash));
  });
});
