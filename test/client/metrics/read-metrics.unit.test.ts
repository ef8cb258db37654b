import { expect, test } from '@jest/globals';
import { metrics } from '../../../client/metrics/exposition.js';
import { readMetrics } from '../../../client/metrics/read-metrics.js';
import { openVisibility } from '../../support/visibility.js';

const now = new Date('2026-11-21T12:00:00Z');
const afterSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);

test('each metric says what it is, also while it has no value; names of others cannot break the page', async () => {
  const { session, runs } = openVisibility();
  const service = 'a"b\\c\n# HELP x';
  runs.push({
    workflowId: `deploy/prod/${service}`,
    kind: 'deploy',
    state: 'acting',
    status: 'RUNNING',
    startedAt: 5000,
  });

  const page = await readMetrics(session, now);

  for (const [name, { help }] of Object.entries(metrics))
    expect(page).toContain(`# HELP ${name} ${help}\n# TYPE ${name} gauge\n`);
  expect(page).toContain('runbook_runs{kind="deploy",environment="prod",state="acting"} 1\n');
  const labels = String.raw`run="deploy/prod/a\"b\\c\n# HELP x",kind="deploy",environment="prod",service="a\"b\\c\n# HELP x",state="acting"`;
  expect(page).toContain(`runbook_run_started_timestamp_seconds{${labels}} 5\n`);
  expect(page).toContain('runbook_task_queue_pollers{queue="runbooks",tasks="workflow"} 0\n');
  expect(page).toContain(`runbook_metrics_read_timestamp_seconds ${now.getTime() / 1000}\n`);
});

test('however many ask at once, and again within ten seconds, Temporal is asked once', async () => {
  const { session, asked } = openVisibility();

  const pages = await Promise.all(Array.from({ length: 50 }, () => readMetrics(session, now)));
  const soon = await readMetrics(session, afterSeconds(9));
  const lists = asked.lists;
  await readMetrics(session, afterSeconds(10));

  expect(new Set([...pages, soon]).size).toBe(1);
  expect(lists).toBe(3);
  expect(asked.lists).toBe(6);
});

test('a Temporal that cannot be asked is an error for all who ask, with what to do, and no old page; then it is asked again', async () => {
  const visibility = openVisibility();
  const { session } = visibility;
  await readMetrics(session, now);
  visibility.down = true;

  const asked = await Promise.allSettled([
    readMetrics(session, afterSeconds(20)),
    readMetrics(session, afterSeconds(20)),
  ]);
  visibility.down = false;
  const page = await readMetrics(session, afterSeconds(21));

  for (const each of asked)
    expect(each).toMatchObject({
      status: 'rejected',
      reason: { code: 'TemporalUnreachable', message: expect.stringContaining('see "runbook doctor"') },
    });
  expect(page).toContain(`runbook_metrics_read_timestamp_seconds ${afterSeconds(21).getTime() / 1000}\n`);
});

test('more open runs than are read are counted as left out; of those that wait, who waits longest is asked first', async () => {
  const { session, runs, asked } = openVisibility();
  for (let index = 0; index < 1200; index++) {
    const state = index % 10 === 0 ? 'waiting' : 'acting';
    runs.push({ workflowId: `deploy/prod/s${index}`, kind: 'deploy', state, status: 'RUNNING', startedAt: index });
  }

  const page = await readMetrics(session, now);

  expect(page).toContain('runbook_metrics_left_out{what="open runs"} 200\n');
  expect(page).toContain('runbook_metrics_left_out{what="waiting runs"} 50\n');
  expect(page.match(/^runbook_run_started_timestamp_seconds\{/gm)).toHaveLength(1000);
  expect(asked.histories).toEqual(Array.from({ length: 50 }, (_, index) => `deploy/prod/s${200 + index * 10}`));
});

test('ledgers are read some at a time, again after five minutes, and over no more moments than are worth it', async () => {
  const { session, schedules, asked } = openVisibility();
  for (let index = 0; index < 50; index++) schedules.set(`prod/n${index}`, 60);

  const pages = [];
  for (const seconds of [0, 10, 20, 30]) pages.push(await readMetrics(session, afterSeconds(seconds)));
  const first = [...asked.ledgers];
  await readMetrics(session, afterSeconds(299));
  const inBetween = asked.ledgers.length - first.length;
  await readMetrics(session, afterSeconds(310));

  const leftOut = pages.map((page) => /runbook_metrics_left_out\{what="schedules"\} (\d+)/.exec(page)?.[1]);
  expect(leftOut).toEqual(['30', '10', '0', '0']);
  expect(new Set(first).size).toBe(50);
  expect([first.length, inBetween, asked.ledgers.length - first.length]).toEqual([50, 0, 20]);
  expect(asked.moments / asked.ledgers.length).toBeLessThanOrEqual(1001);
  expect(pages[3]).toMatch(/runbook_schedule_window_seconds\{schedule="prod\/n0".*\} 60000\n/);
});

test('one that is due once a month is looked back over for longer than a month', async () => {
  const { session, schedules } = openVisibility();
  schedules.set('prod/monthly', 30 * 86_400);

  const page = await readMetrics(session, now);

  expect(page).toMatch(/runbook_schedule_due\{schedule="prod\/monthly".*\} 1\n/);
  expect(page).toMatch(/runbook_schedule_last_missed_timestamp_seconds\{.*because="outage"\} \d+\n/);
  expect(page).toMatch(/runbook_schedule_window_seconds\{schedule="prod\/monthly".*\} 3456000\n/);
});
