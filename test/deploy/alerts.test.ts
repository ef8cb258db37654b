import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { connect, type Session } from '../../client/connection.js';
import { metrics } from '../../client/metrics/exposition.js';
import { readMetrics } from '../../client/metrics/read-metrics.js';
import { applySchedules } from '../../client/schedules/converge.js';
import type { CheckedSchedule } from '../../client/schedule-file.js';
import { clusterQueue, runbooksQueue } from '../../core/names.js';
import { Schedule } from '../../runbooks/schedule.js';
import { findExecutable } from '../../stack/binaries/find-executable.js';
import { layoutOf } from '../../stack/layout.js';
import { findFreePorts } from '../../core/free-port.js';
import { openBackupShop, type BackupShop } from '../support/backup-shop.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { seriesOf } from '../support/promql.js';
import { openRotationShop, type RotationShop } from '../support/rotation-shop.js';
import { deployOf } from '../support/runbooks.js';
import { oneApproval, startRun, type StartedRun } from '../support/runs.js';
import { eventually, setting } from '../support/settings.js';
import { spawnWorker } from '../support/workers.js';
import { readDashboard, readRules, rulesFile, ruleTestFiles, withVariables } from './alert-files.js';

jest.setTimeout(400_000);

let session: Session;
let page: HttpServer;
let backups: BackupShop;
let rotations: RotationShop;
let waiting: StartedRun;
let environment: string;
/** What the workers and the API expose by now. */
let exposed: Set<string>;

const scraped = join(layoutOf(process.env['STACK_NAME'] ?? 'default').scraped, `alerts-${process.pid}.json`);
const end = async (runbook: Parameters<typeof startRun>[1]) => (await startRun(session.client, runbook)).end();
const missing = { kind: 'postgres' as const, name: 'gone', connection: 'no-such-file', streams: 1, fullEvery: 7 };

/** Samples of a page, by name. */
const namesOf = (text: string) => [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{| )/gm)].map(([, name]) => name ?? '');

async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${setting('PROMETHEUS_URL')}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) });
  const { data, error } = (await response.json()) as { data?: Answer; error?: string };
  if (data === undefined) throw new Error(`${path}: expected an answer, found ${error ?? response.status}`);
  return data;
}

beforeAll(async () => {
  session = await connect(process.env, 'metrics');
  page = await startHttpServer((_, response) => {
    readMetrics(session, new Date()).then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  const ports = await findFreePorts(2);
  const targets = [...ports.map((port) => `127.0.0.1:${port}`), new URL(page.url).host];
  backups = await openBackupShop('alerts');
  ({ environment } = backups);
  await spawnWorker({ RUNBOOK_QUEUES: runbooksQueue, RUNBOOK_HEALTH_PORT: String(ports[0]) });
  rotations = await openRotationShop('alerts');
  await spawnWorker({ RUNBOOK_QUEUES: clusterQueue, RUNBOOK_HEALTH_PORT: String(ports[1]) });
  await writeFile(scraped, JSON.stringify([{ targets }]));
  await makeHistory();
  const pages = await Promise.all(targets.map(async (target) => (await fetch(`http://${target}/metrics`)).text()));
  exposed = new Set(pages.flatMap(namesOf));
}, 400_000);

afterAll(async () => {
  await rm(scraped, { force: true });
  for (const name of ['beats', 'held']) await session.client.schedule.getHandle(`${environment}/${name}`).delete();
  await page.close();
  await rotations.close();
  await backups.close();
  await session.close();
});

/** Something of each kind that is told: what succeeded, what failed, what waits, what was due and did not come. */
async function makeHistory(): Promise<void> {
  const beat = { kind: 'beat' as const, service: 'alerts', environment, backup: backups.backup() };
  await applySchedules(session, [scheduleOf('beats', beat), scheduleOf('held', beat, 'the audit')], {
    dryRun: false,
    prune: false,
  });
  const began = Date.now();
  expect((await end(backups.backup())).outcome?.name).toBe('succeeded');
  expect((await end(backups.drill())).outcome?.name).toBe('succeeded');
  const broken = { ...beat, service: 'broken', backup: backups.backup({ sources: [missing] }) };
  expect((await end(broken)).outcome?.name).toBe('failed');
  const night = { kind: 'credentials' as const, service: 'all', environment, credentials: [rotations.runbook()] };
  expect((await end(night as never)).outcome?.name).toBe('succeeded');
  const nowhere = { ...deployOf('no-such-namespace', '1.5.0'), environment };
  expect((await end(nowhere)).outcome?.name).toBe('failed');
  const forced = await startRun(session.client, backups.backup({ service: 'forced' }), oneApproval);
  await forced.until('a gate', ({ phase }) => phase === 'waiting');
  await forced.handle.terminate();
  waiting = await startRun(session.client, backups.backup({ service: 'waiting' }), {
    ...oneApproval,
    expiresAfterSeconds: 600,
  });
  await waiting.until('a gate', ({ phase }) => phase === 'waiting');
  // A workflow that no worker has code for: its turns fail.
  const options = { taskQueue: runbooksQueue, workflowId: `unknown/${environment}`, workflowExecutionTimeout: '5m' };
  await session.client.workflow.start('noSuchWorkflow', { ...options, args: [] });
  // A moment of each schedule has to pass, and a minute in which it could still come.
  await eventually('moments of the schedules', 150, () => Promise.resolve(Date.now() - began > 135_000));
  await eventually('ledgers with a kept and a missed moment', 60, async () => {
    const text = await readMetrics(await fresh(), new Date());
    return text.includes(`_last_kept_timestamp_seconds{schedule="${environment}/beats"`) && text.includes('paused"}');
  });
}

const sessions: Session[] = [];
/** Another session remembers nothing: a ledger is read anew only after five minutes. */
async function fresh(): Promise<Session> {
  await Promise.all(sessions.splice(0).map((each) => each.close()));
  sessions.push((session = await connect(process.env, 'metrics')));
  return session;
}

function scheduleOf(name: string, runbook: object, paused?: string): CheckedSchedule {
  const file = { kind: 'schedule', name, environment, runbook: 'x.yaml', cron: '* * * * *', timeZone: 'UTC' };
  const schedule = Schedule.parse({ ...file, ...(paused !== undefined && { paused }) });
  return { file: `${name}.yaml`, schedule, runbook } as unknown as CheckedSchedule;
}

const promtool = findExecutable('promtool');

// Where Prometheus is built from source there is none.
(promtool === undefined ? describe.skip : describe)('promtool', () => {
  const run = (...words: string[]) => execa(promtool ?? '', words, { timeout: 180_000, reject: false, all: true });

  test('takes the rules', async () => {
    const { exitCode, all } = await run('check', 'rules', '--lint-fatal', rulesFile);

    expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringMatching(/SUCCESS: \d+ rules found/) });
  });

  test('takes the configuration of the docs', async () => {
    const docs = await readFile(fileURLToPath(new URL('../../docs/alerts.md', import.meta.url)), 'utf8');
    const [, configuration = ''] = /```yaml\n(# prometheus\.yml\n.*?)```/s.exec(docs) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    await copyFile(rulesFile, join(folder, basename(rulesFile)));
    await writeFile(join(folder, 'prometheus.yml'), configuration);
    await writeFile(join(folder, 'runbooks-token'), 'rbk_of-the-test');
    const { exitCode, all } = await run('check', 'config', join(folder, 'prometheus.yml'));
    await rm(folder, { recursive: true });

    expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringContaining('1 rule files found') });
  });

  test('sees each alert come, and not come', async () => {
    const { exitCode, all } = await run('test', 'rules', ...ruleTestFiles);

    expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringContaining('SUCCESS') });
  });
});

test('every metric that a rule or a panel reads is exposed by a worker or read from Temporal', () => {
  const recorded = readRules().flatMap(({ record }) => record ?? []);
  const known = new Set([...exposed, ...recorded, 'ALERTS']);
  const panels = readDashboard().panels.flatMap(({ targets = [] }) => targets);
  const used = [...readRules(), ...panels].flatMap(({ expr }) => seriesOf(withVariables(expr)));

  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
});

test('every metric of ours has a value by then', () => {
  expect(Object.keys(metrics).filter((name) => !exposed.has(name))).toEqual([]);
});

test('Prometheus evaluates all rules without an error', async () => {
  interface Answer {
    groups: Array<{ name: string; file: string; rules: Array<{ name: string; health: string; lastError?: string }> }>;
  }
  const rules = await eventually('rules that were evaluated', 60, async () => {
    const { groups } = await ask<Answer>('rules');
    const all = groups.filter(({ file }) => file === rulesFile).flatMap((group) => group.rules);
    return all.length > 0 && all.every(({ health }) => health !== 'unknown') && all;
  });

  expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([]);
  expect(rules.map(({ name }) => name).sort()).toEqual(
    readRules()
      .map(({ alert, record }) => alert ?? record)
      .sort(),
  );
});

test('a run that failed, one that was ended by force and a schedule that is held make their alerts come; what succeeded makes none', async () => {
  interface Answer {
    alerts: Array<{ labels: Record<string, string>; state: string; annotations: Record<string, string> }>;
  }
  const wanted = [
    `RunbookRunFailed beat/${environment}/broken pending`,
    `RunbookReleaseFailed deploy/${environment}/web firing`,
    `RunbookRunForced backup/${environment}/forced firing`,
    `RunbookSchedulePaused ${environment}/held pending`,
    'RunbookDrillTooOld broken pending',
  ];
  const { found, shown } = await eventually('alerts of this test', 90, async () => {
    const { alerts } = await ask<Answer>('alerts');
    const own = alerts.filter(({ labels }) => labels['environment'] === environment);
    const words = own.map(({ labels: { alertname, run, schedule, service }, state }) =>
      [alertname, run ?? schedule ?? service, state].join(' '),
    );
    return wanted.every((each) => words.includes(each)) && { found: own, shown: words };
  });

  expect(shown.filter((each) => each.endsWith(' firing')).sort()).toEqual(
    wanted.filter((each) => each.endsWith(' firing')).sort(),
  );
  // What works at this moment may yet be overdue; nothing else is about to come.
  expect(shown.filter((each) => !wanted.includes(each) && !each.startsWith('RunbookRunOverdue '))).toEqual([]);
  const released = found.find(({ labels }) => labels['alertname'] === 'RunbookReleaseFailed');
  expect(released?.annotations['next']).toContain(`runbook describe deploy/${environment}/web`);
});

test('how long a gate waits is what the run itself says', async () => {
  const text = await readMetrics(session, new Date());

  const labels = `run="backup/${environment}/waiting",kind="backup",environment="${environment}",service="waiting",state="waiting"`;
  const line = text.split('\n').find((each) => each.startsWith(`runbook_run_waiting_timestamp_seconds{${labels}}`));
  const openedAt = (await waiting.record()).gates[0]?.openedAt ?? '';
  expect(Math.abs(Number(line?.split(' ').at(-1)) - Date.parse(openedAt) / 1000)).toBeLessThan(2);
  await waiting.handle.terminate();
});

test('each panel asks what Prometheus can answer, and has something to show', async () => {
  const panels = readDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );
  const empty: string[] = [];
  for (const { title, expr } of panels) {
    const query = encodeURIComponent(withVariables(expr));
    const { result } = await ask<{ result: unknown[] }>(`query?query=${query}`);
    if (result.length === 0) empty.push(title);
  }

  // No canary is made here; other files' may still be in sight.
  const ofCanaries = ['On their way', 'Ended in the last day, by outcome', 'Last ends'];
  expect(ofCanaries).toEqual(expect.arrayContaining([...new Set(empty)]));
});
