import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import { launchInPod } from '../../systems/sources/postgres/launch-in-pod.js';
import { Session } from '../../systems/sources/postgres/session.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { startPostgresPod } from '../support/postgres-pod.js';
import { connectClient, startRun } from '../support/runs.js';
import { plain, withWorkers } from '../support/workers.js';

jest.setTimeout(180_000);

const namespace = `backup-pod-${process.pid}`;
const server = { namespace, pod: 'postgres-0', container: 'postgres', user: 'postgres' };

let client: Client;
let shop: BackupShop;
let pod: Awaited<ReturnType<typeof startPostgresPod>>;

beforeAll(async () => {
  client = await connectClient();
  [shop, pod] = await Promise.all([openBackupShop('in-pod'), startPostgresPod(namespace)]);
  const direct = new pg.Client({ host: pod.address, user: 'postgres', database: 'postgres', password: pod.password });
  await direct.connect();
  await direct.query(`create table "we""ird $(id)" as
    select i, md5(i::text) || repeat('ü\\n', 40) as t from generate_series(1, 50000) i`);
  await direct.query('select lo_from_bytea(0, $$a large object$$)');
  await direct.end();
}, 120_000);

afterAll(async () => {
  await Promise.all([shop.close(), pod.remove(), client.connection.close()]);
});

test('a database is backed up by programs in its own pod, and a drill finds every row of it in a scratch server', async () => {
  const backup = shop.backup({ sources: [{ kind: 'postgres', name: 'db', in: server, streams: 2, fullEvery: 7 }] });
  const { backedUp, drilled } = await withWorkers(plain, async () => ({
    backedUp: await (await startRun(client, backup)).end(),
    drilled: await (await startRun(client, shop.drill({ backup }))).end(),
  }));

  expect(backedUp.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('verified') });
  expect(drilled.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('whole') });
  const compared = drilled.steps.filter(({ name }) => name.startsWith('compare '));
  expect(compared.map(({ result }) => result)).toEqual(['1 tables, 50000 rows: the same']);
});

test('in a pod: what nobody reads holds back the rest, a failure tells its words, a stopped program ends there too', async () => {
  const launch = launchInPod(connectKubernetes(), server);
  const session = await Session.open(launch, 'postgres');
  await expect(session.run('select 1/0')).rejects.toMatchObject({ message: expect.stringContaining('zero') });
  await session.close();
  await expect(launch({ name: 'pg_dump', parameters: ['--table=none'], database: 'postgres' }).ended).rejects.toThrow(
    /exit code 1: .*no matching tables/,
  );
  const nowhere = launchInPod(connectKubernetes(), { ...server, pod: 'none' });
  await expect(nowhere({ name: 'psql', parameters: [], database: 'postgres' }).ended).rejects.toMatchObject({
    code: 'NotFound',
  });

  const dump = launch({ name: 'pg_dump', parameters: [], database: 'postgres' });
  await new Promise((resolve) => dump.stdout.once('readable', resolve));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(dump.stdout.readableLength).toBeLessThan(4_000_000);
  dump.stop();
  await dump.ended;
  const other = await Session.open(launch, 'postgres');
  const left = "select count(*) from pg_stat_activity where application_name = 'pg_dump'";
  for (let tries = 0; (await other.run(left)) !== '0'; tries += 1) {
    if (tries > 50) throw new Error('the dump still runs in the pod');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await other.close();
});
