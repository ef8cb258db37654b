import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { Restore } from '../../runbooks/restore.js';
import { abortUpdate } from '../../workflows/messages.js';
import { withDyingWorkers } from '../support/dying-workers.js';
import { running } from '../support/physical.js';
import { replayAll } from '../support/replay.js';
import { connectClient, endOf, oneApproval, startRun, type StartedRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { whileStarted, type Ask } from '../support/started-cluster.js';
import { countRows, hashRows, openWholeShop, type WholeShop } from '../support/whole-shop.js';
import { failingAfter, plain, spawnWorker, withWorkers } from '../support/workers.js';

jest.setTimeout(300_000);

let client: Client;
let whole: WholeShop;
let home: string;

beforeAll(async () => {
  client = await connectClient();
  whole = await openWholeShop();
  ({ home } = whole);
  const record = await withWorkers(plain, async () => (await startRun(client, whole.restore('').backup)).end());
  if (record.outcome?.name !== 'succeeded') throw new Error(record.outcome?.message);
  await whole.makeMistake();
}, 300_000);

afterAll(() => Promise.all([whole.close(), client.connection.close()]));

const end = (run: Restore) => withWorkers(plain, async () => (await startRun(client, run)).end());

const started = (name: string, settings: string[], use: (ask: Ask) => Promise<void>) =>
  whileStarted({ folder: join(home, name), password: whole.shop.source.password, settings }, use);

/** While the source lives, the restored one must not give its log to the same archive. */
const beside = ['archive_mode=off'];

test('nothing is made before somebody has approved it; then all is there, the cluster at its newest moment for the operator to start', async () => {
  const { early, record } = await withWorkers(plain, async () => {
    const both = { postgres: 'scratch-db', pgbackrest: join(home, 'pg') };
    const checks = [countRows('main/postgres', 'noise', '150000'), countRows('orders', 'orders', '1')];
    const run = await startRun(client, whole.restore('', { into: both, checks }), oneApproval);
    await run.until('the gate', ({ phase }) => phase === 'waiting');
    const early = await readdir(home);
    await run.vote({ by: 'bob' });
    return { early, record: await run.end() };
  });

  expect(early).toEqual([]);
  expect(record.outcome).toMatchObject({
    name: 'succeeded',
    message: expect.stringMatching(/orders, .*\/pg came back whole/),
  });
  expect(record.plan?.changes).toEqual([
    expect.objectContaining({ what: 'database orders' }),
    expect.objectContaining({
      from: 'none',
      to: expect.stringMatching(/^cluster main of .*stanza shop, [\w-]+, at: latest$/),
    }),
  ]);
  expect(record.plan?.notes[0]).toMatch(/MB of /);
  expect(record.steps.find(({ name }) => name === 'compare main')?.result).toContain('none is damaged');
  expect((await readdir(home)).sort()).toEqual(['pg', 'pg-tablespaces']);
  expect(await running(home)).toEqual([]);

  const data = join(home, 'pg');
  const traces = ['recovery.signal', 'postmaster.opts', 'postmaster.pid', `.runbook-${record.runId}`];
  expect((await readdir(data)).filter((name) => traces.includes(name))).toEqual([]);
  expect(await readdir(`${data}-tablespaces`)).toEqual(['big']);
  const settings = 'postgresql.auto.conf';
  expect(await readFile(join(data, settings), 'utf8')).toBe(
    await readFile(join(whole.physical.data, settings), 'utf8'),
  );
  await started('pg', beside, async (ask) => {
    expect(await ask(hashRows)).toEqual((await whole.shop.sql(hashRows)).rows);
    const state = `select to_regclass('later') is null as dropped, to_regclass('mistake') is not null as newest,
      (select timeline_id from pg_control_checkpoint()) as timeline, current_setting('fsync') as fsync,
      (select count(*)::int from noise where pg_xact_commit_timestamp(xmin) is null) as undated`;
    expect(await ask(state)).toEqual([{ dropped: true, newest: true, timeline: 2, fsync: 'on', undated: 0 }]);
    for (const database of ['postgres', 'template1', 'strict'])
      expect(await ask('select extname from pg_extension', database)).toEqual([{ extname: 'plpgsql' }]);
    await ask(`insert into noise values (0, 'written')`);
    expect(await ask('select t from noise where i = 0')).toEqual([{ t: 'written' }]);
  });
});

test('a place that is taken, or a moment that is too early, is refused by the plan, and nothing has changed', async () => {
  const before = await readdir(home);
  const taken = await end(whole.restore('pg'));
  const own = await end(whole.restore('', { into: { pgbackrest: whole.physical.data } }));
  const early = await end(whole.restore('pg-2', { at: '2020-01-01T00:00:00Z' }));
  const other = await end(whole.restore('pg-2', { cluster: 'other' }));
  const unasked = await end(whole.restore('', { into: { postgres: 'scratch-db' }, rename: { orders: 'orders_2' } }));

  expect(taken.outcome).toMatchObject({
    name: 'failed',
    code: 'Refused',
    message: expect.stringContaining('nothing is overwritten'),
  });
  expect(own.outcome).toMatchObject({
    code: 'Refused',
    message: expect.stringContaining('found a PostgreSQL cluster'),
  });
  expect(early.outcome).toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringContaining('choose an earlier backup'),
  });
  expect(other.outcome).toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringMatching(/the source pgbackrest other in backup .*, found main/),
  });
  expect(unasked.outcome).toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringContaining('one of the databases that come back (orders), found main/postgres'),
  });
  expect(await readdir(home)).toEqual(before);
  expect(await whole.shop.sql('select 1')).toMatchObject({ rowCount: 1 });
});

test('what goes wrong anywhere, or is aborted, leaves the place as it was, and no server', async () => {
  await mkdir(join(home, 'pg-2'));
  await chmod(join(home, 'pg-2'), 0o750);
  const before = await readdir(home);
  const failing = (activity: string) =>
    withWorkers(failingAfter(activity), async () => (await startRun(client, whole.restore('pg-2'))).end());
  const aborted = withWorkers(plain, async () => {
    const run = await startRun(client, whole.restore('pg-2'));
    await eventually('pgBackRest at work', 60, async () => (await restoring('pg-2')).length > 0);
    await run.handle.executeUpdate(abortUpdate, { args: [{ by: 'bob' }] });
    return run.end();
  });

  const ends = [await aborted, await failing('replayCluster'), await failing('nameCluster')];
  ends.push(await end(whole.restore('pg-2', { checks: [countRows('postgres', 'noise', '7')] })));

  expect(ends.map(({ outcome }) => [outcome?.name, outcome?.code])).toEqual([
    ['undone', 'Aborted'],
    ['undone', 'RolloutFailed'],
    ['undone', 'RolloutFailed'],
    ['undone', 'SmokeTestFailed'],
  ]);
  expect(await readdir(home)).toEqual(before);
  expect([await readdir(join(home, 'pg-2')), (await stat(join(home, 'pg-2'))).mode & 0o777]).toEqual([[], 0o750]);
  expect(await running(home)).toEqual([]);
});

/** What pgBackRest is doing for a folder. */
async function restoring(folder: string): Promise<string[]> {
  const found = await running(`${home}/restore-`);
  return found.filter((command) => command.includes(`-map-all=${home}/${folder}-`) && command.includes('pgbackrest'));
}

test('workers die in the middle of pgBackRest and after each step: one cluster of the wanted moment, and nothing left over', async () => {
  const first = await spawnWorker();
  const run: StartedRun = await startRun(client, whole.restore('pg-2', { at: whole.moment().toISOString() }));
  await eventually('pgBackRest at work', 60, async () => (await restoring('pg-2')).length > 0);
  await first.kill('SIGKILL');
  const steps = ['restoreCluster', 'replayCluster', 'compareCluster', 'nameCluster', 'handOverCluster'];

  const { record, diedAfter } = await withDyingWorkers(steps, run);

  expect(endOf(record)).toBe('succeeded');
  expect(diedAfter.sort()).toEqual([...steps].sort());
  expect((await readdir(home)).sort()).toEqual(['pg', 'pg-2', 'pg-2-tablespaces', 'pg-tablespaces']);
  expect(await running(home)).toEqual([]);
  await started('pg-2', beside, async (ask) => {
    expect(await ask(hashRows)).toEqual((await whole.shop.sql(hashRows)).rows);
    expect(await ask('select t from later')).toEqual([{ t: 'after the backup' }]);
  });
});

test('where it takes the place of its source, its archive has the way to the new timeline: the old backup leads to what came later', async () => {
  const file = join(whole.shop.bucket.tokens, whole.physical.configuration);
  // What fails when it is handed over already takes nothing away from whoever may have started it.
  const late = failingAfter('handOverCluster');
  const record = await withWorkers(late, async () => (await startRun(client, whole.restore('pg-3'))).end());
  expect(record.outcome).toMatchObject({ name: 'notUndone', message: expect.stringContaining('is whole, and stays') });
  await whole.shop.source.kill();
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^pg1-path=.*$/m, `pg1-path=${join(home, 'pg-3')}`));
  await started('pg-3', [], async (ask) => {
    await ask(`insert into noise values (0, 'in its place')`);
    await ask('select pg_switch_wal()');
    const archived = 'select last_archived_wal as wal from pg_stat_archiver';
    await eventually('the new timeline in the archive', 60, async () =>
      /^00000002[0-9A-F]{16}$/.test((await ask<{ wal: string | null }>(archived))[0]?.wal ?? ''),
    );
  });

  const again = await end(
    whole.restore('pg-4', {
      checks: [{ name: 'later', database: 'postgres', sql: 'select t from noise where i = 0', expect: 'in its place' }],
    }),
  );

  expect(endOf(again)).toBe('succeeded');
  await whole.shop.source.restart();
});

test('every run of this file replays from its history', async () => {
  expect(await replayAll(client, whole.shop.environment)).toEqual([]);
});
