import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { execa } from 'execa';
import pg from 'pg';
import type { DrillReport } from '../../client/report/drill-report.js';
import type { RunRecord } from '../../core/record.js';
import type { NightResult } from '../../stack/demo/night.js';
import { runCli } from '../support/cli.js';
import { connectClient } from '../support/runs.js';
import { eventually, setting } from '../support/settings.js';
import { spawnWorker, type WorkerProcess } from '../support/workers.js';

// What is shipped, as it is shipped: the demo's night and the runbooks of its family, on the stack's own servers.
jest.setTimeout(300_000);

const root = fileURLToPath(new URL('../../', import.meta.url));
const inProd = ['--environment', 'prod'];
const runbook = (name: string) => join(root, 'runbooks', name);
const report = join(tmpdir(), `drills-${process.pid}.json`);
let night: NightResult;
let told: string;
let demoExit: number | undefined;
let client: Client;
let worker: WorkerProcess;

async function sql(text: string): Promise<Array<Record<string, unknown>>> {
  const file = join(setting('RUNBOOK_TOKEN_DIRECTORY'), 'postgres-admin');
  const server = new pg.Client({ connectionString: readFileSync(file, 'utf8').trim() });
  await server.connect();
  try {
    return (await server.query<Record<string, unknown>>(text)).rows;
  } finally {
    await server.end();
  }
}

async function describeRun(run: string): Promise<RunRecord | undefined> {
  const { exitCode, stdout } = await runCli(['describe', run, '--json']);
  return exitCode === 0 ? (JSON.parse(stdout) as RunRecord) : undefined;
}

beforeAll(async () => {
  const demo = join(root, 'dist/stack/demo/main.js');
  const name = process.env['STACK_NAME'] ?? 'default';
  const words = ['--part', 'backup', '--megabytes', '12', '--name', name, '--json'];
  const { exitCode, stdout, stderr } = await execa(process.execPath, [demo, ...words], {
    env: { NODE_OPTIONS: '', NO_COLOR: '1', RUNBOOK_LANG: 'en' },
    reject: false,
    timeout: 240_000,
  });
  [demoExit, told] = [exitCode, stderr];
  ({ night } = JSON.parse(stdout === '' ? '{}' : stdout) as { night: NightResult });
  client = await connectClient();
  worker = await spawnWorker();
});

afterAll(async () => {
  await worker.kill('SIGTERM');
  await sql('drop database if exists shop_restored with (force)');
  await client.connection.close();
  await rm(report, { force: true });
});

test('the demo’s night is backed up, a flipped bit is found by the name of its object, and the drill compares everything', () => {
  expect([demoExit, told]).toEqual([0, expect.stringContaining('exit code 9. The bit is put back.')]);

  const { generated, backup, flipped, drill } = night;
  expect(backup.steps.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    'plan: done',
    'back up shop-db: done',
    'back up media: done',
    'commit: done',
    'copy to the second bucket: done',
    'read every byte back: done',
    'retention: done',
  ]);
  expect(flipped).toMatchObject({ exitCode: 9, record: { outcome: { code: 'BackupCorrupt' } } });
  const [, , , id, ...object] = flipped.key.split('/');
  expect([id, flipped.record.outcome?.message]).toEqual([backup.backup, expect.stringContaining(object.join('/'))]);
  expect(drill.steps.find(({ name }) => name === 'compare shop')?.result).toBe(
    `2 tables, ${generated.rows} rows: the same`,
  );
  expect(drill.drill?.backup).toBe(backup.backup);
});

test('its report tells of both drills, the newest first', async () => {
  const words = ['report', 'drill/prod/shop', '--format', 'json', '--output', report];
  // The demo's runs are in the stack's own namespace.
  const { exitCode, stderr } = await runCli(words, { TEMPORAL_NAMESPACE: 'default' });

  expect([exitCode, stderr]).toEqual([0, report]);
  const { drills } = JSON.parse(readFileSync(report, 'utf8')) as DrillReport;
  const mine = drills.filter(({ runId }) => [night.drill.runId, night.flipped.record.runId].includes(runId));
  expect(mine.map(({ verdict, measured }) => [verdict, measured?.backup])).toEqual([
    ['met', night.backup.backup],
    ['failed', undefined],
  ]);
  expect(readFileSync(night.report, 'utf8')).toContain(night.drill.runId);
});

test('the shipped restore waits at the gate of prod, and brings the database back under the other name', async () => {
  const restoring = runCli(['run', runbook('restore.yaml'), ...inProd, '--requester', 'alice', '--json']);
  const run = 'deploy/prod/shop';
  const waiting = await eventually('a run that waits', 60, async () => {
    const record = await describeRun(run);
    return record?.phase === 'waiting' && record;
  });
  const before = await sql(`select from pg_database where datname = 'shop_restored'`);
  const approved = await runCli(['approve', run, '--by', 'bob', '--plan', waiting.plan?.hash ?? '']);
  const { exitCode, stdout, stderr } = await restoring;

  expect([before.length, approved.exitCode]).toEqual([0, 0]);
  expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  expect((JSON.parse(stdout) as RunRecord).steps.at(-1)).toMatchObject({ name: 'name shop_restored', state: 'done' });
  expect(await sql(`select from pg_database where datname = 'shop_restored'`)).toHaveLength(1);
});

test('the shipped beat runs by its schedule, and the worker tells Prometheus of backups and drills', async () => {
  const file = runbook('schedules/beat.yaml');
  const applied = await runCli(['schedule', 'apply', file, ...inProd]);
  const triggered = await runCli(['schedule', 'trigger', 'beat']);
  const record = await eventually('a beat that has ended', 60, async () => {
    const found = await describeRun('beat/prod/shop');
    return found?.outcome && found;
  });
  await client.schedule.getHandle('prod/beat').delete();
  const port = /"healthPort":(\d+)/.exec(worker.log())?.[1];
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  expect([applied.exitCode, triggered.exitCode]).toEqual([0, 0]);
  expect(record).toMatchObject({ requestedBy: { name: 'schedule beat' }, outcome: { name: 'succeeded' } });
  const gauge = (name: string) => {
    const labels = '\\{(?=[^}]*environment="prod")(?=[^}]*service="shop")[^}]*\\}';
    return Number(new RegExp(`^${name}${labels} (\\S+)$`, 'm').exec(metrics)?.[1]);
  };
  const began = Date.parse(night.backup.backup?.replace(/^(....)(..)(..T..)(..)(..Z)-.*/, '$1-$2-$3:$4:$5') ?? '');
  expect(gauge('runbook_backup_verified_timestamp_seconds')).toBe(began / 1000);
  expect(gauge('runbook_drill_rto_seconds')).toBe(night.drill.drill?.rtoSeconds);
  expect(gauge('runbook_drill_rpo_seconds')).toBe(night.drill.drill?.rpoSeconds);
  expect(gauge('runbook_backup_bytes')).toBeGreaterThan(100_000);
  expect(gauge('runbook_backup_duration_seconds')).toBeGreaterThan(0);
});
