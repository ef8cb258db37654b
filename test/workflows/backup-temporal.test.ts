import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sealedObjects } from '../../activities/backing-up.js';
import type { Manifest } from '../../core/manifest.js';
import type { RunRecord } from '../../core/record.js';
import { retention as Retention } from '../../runbooks/retention.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { startFaultyStore, type FaultyStore } from '../support/faulty-store.js';
import { startOwnTemporal, type OwnTemporal } from '../support/own-temporal.js';
import { endOf, startRun } from '../support/runs.js';
import { eventually } from '../support/settings.js';
import { spawnWorker, type WorkerProcess } from '../support/workers.js';

jest.setTimeout(240_000);

let temporal: OwnTemporal;
let shop: BackupShop;
let worker: WorkerProcess;
/** In front of the bucket that backups go to. */
let proxy: FaultyStore;

beforeAll(async () => {
  [temporal, shop] = await Promise.all([startOwnTemporal(), openBackupShop('temporal')]);
  proxy = await startFaultyStore(shop.bucket.endpoint);
  await shop.sql('create database orders');
  await shop.sql('create table orders as select i id, md5(i::text) what from generate_series(1, 3000) i', 'orders');
  worker = await spawnWorker(temporal.environment);
}, 120_000);

afterAll(async () => {
  await worker.kill('SIGTERM');
  proxy.stop();
  await Promise.all([shop.close(), temporal.remove()]);
});

/** Crashes Temporal at the first request of each kind, once each; after the first one it stays away for longer than a step may be silent. */
function crashAt(requests: Record<string, RegExp>): { crashed: string[]; settled: () => Promise<unknown> } {
  const crashed: string[] = [];
  let restarts = Promise.resolve();
  proxy.schedule = ({ method, path }) => {
    for (const [what, request] of Object.entries(requests)) {
      if (crashed.includes(what) || !request.test(`${method} ${path}`)) continue;
      const downMs = crashed.length === 0 ? 7000 : 0;
      crashed.push(what);
      restarts = restarts.then(() => temporal.restart(downMs));
    }
    return undefined;
  };
  return { crashed, settled: () => restarts };
}

/** The record at the end; Temporal may be away while one waits. */
async function recordAtEnd(workflowId: string): Promise<RunRecord> {
  const handle = temporal.client.workflow.getHandle<() => Promise<RunRecord>>(workflowId);
  return eventually('the end of the run', 180, () => handle.result().catch(() => undefined));
}

test('Temporal crashes in each step of a backup and of its drill: one backup, committed once, nothing left over, and it comes back whole', async () => {
  const to = { ...shop.bucket.spec, endpoint: proxy.endpoint, prefix: 'nightly' };
  const retention = Retention.parse({ daily: 7 });
  const backup = shop.backup({ to, retention });
  const sending = crashAt({
    source: /^PUT .*\/db\//,
    commit: /^PUT .*\/manifest\.json/,
    verify: /^GET .*\/db\//,
    verified: /^PUT .*\/state\//,
  });

  const { handle } = await startRun(temporal.client, backup);
  const record = await recordAtEnd(handle.workflowId);
  await sending.settled();

  expect(endOf(record)).toBe('succeeded');
  expect(sending.crashed).toEqual(['source', 'commit', 'verify', 'verified']);
  const folder = `nightly/${shop.environment}/temporal/`;
  const stored: string[] = [];
  for await (const { key } of shop.store.list(folder)) stored.push(key.slice(folder.length));
  const id = record.backup ?? '';
  const manifest = JSON.parse(await readFile(shop.bucket.fileOf(`${folder}${id}/manifest.json`), 'utf8')) as Manifest;
  expect(new Set(stored.filter((key) => key.includes('/')).map((key) => key.split('/')[0]))).toEqual(new Set([id]));
  // Of each object the one of the try that was committed, and of no other try any.
  const sealed = stored.filter((key) => key.endsWith('.age')).map((key) => key.slice(id.length + 1));
  expect(sealed.sort()).toEqual(
    sealedObjects(manifest.sources)
      .map(({ key }) => key)
      .sort(),
  );
  expect(await shop.bucket.uploads()).toEqual([]);

  const restoring = crashAt({ manifest: /^GET .*\/manifest\.json/, rows: /^GET .*\/db\// });
  const drill = await startRun(temporal.client, shop.drill({ backup }));
  const drilled = await recordAtEnd(drill.handle.workflowId);
  await restoring.settled();

  expect(drilled.outcome).toMatchObject({ name: 'succeeded', message: expect.stringContaining('came back whole') });
  expect(restoring.crashed).toEqual(['manifest', 'rows']);
  const { rows } = await shop.sql(`select datname from pg_database where not datistemplate`, 'postgres', shop.scratch);
  expect(rows).toEqual([{ datname: 'postgres' }]);
});
