import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EndedRuns } from '../../../client/metrics/ended-runs.js';
import type { Sample } from '../../../client/metrics/exposition.js';
import { openVisibility, type KeptRun } from '../../support/visibility.js';

const now = new Date('2026-11-21T12:00:00Z');
const minuteMs = 60_000;
const later = (minutes: number) => new Date(now.getTime() + minutes * minuteMs);

const ended = (workflowId: string, closedAt: number, state = 'succeeded', kind = 'deploy'): KeptRun => ({
  ...{ workflowId, kind, state, closedAt },
  status: state === 'succeeded' ? 'COMPLETED' : 'FAILED',
  startedAt: closedAt - 1000,
});

/** RUN OUTCOME → when, in milliseconds. */
const endsOf = (samples: readonly Sample[]) =>
  Object.fromEntries(
    samples
      .filter(({ name }) => name === 'runbook_run_last_end_timestamp_seconds')
      .map(({ labels, value }) => [`${labels['run'] ?? ''} ${labels['outcome'] ?? ''}`, value * 1000]),
  );
const leftOutOf = (samples: readonly Sample[]) =>
  samples.find(({ name }) => name === 'runbook_metrics_left_out')?.value;

test('of each id and outcome the newest end is told, in words of which there are few', async () => {
  const { session, runs } = openVisibility();
  const at = now.getTime() - minuteMs;
  runs.push(
    ended('deploy/prod/shop', at - 5, 'failed'),
    ended('deploy/prod/shop', at - 4, 'undone'),
    ended('deploy/prod/shop', at - 3, 'undone'),
    { ...ended('deploy/prod/web', at, 'acting'), status: 'TERMINATED' },
    // Its workflow failed before it could tell an outcome; and one whose attribute somebody else has written.
    ended('deploy/prod/api', at, 'acting'),
    ended('deploy/prod/api', at - 1, 'a word of theirs'),
    { ...ended('deploy/prod/cart', at, 'acting'), status: 'CONTINUED_AS_NEW' },
    { ...ended('deploy/prod/open', at), status: 'RUNNING' },
  );

  const samples = await new EndedRuns(session).read(now);

  expect(endsOf(samples)).toEqual({
    'deploy/prod/shop failed': at - 5,
    'deploy/prod/shop undone': at - 3,
    'deploy/prod/web terminated': at,
    'deploy/prod/api failed': at,
    'deploy/prod/cart overtaken': at,
  });
  expect(leftOutOf(samples)).toBe(0);
});

test('what is too much for one look is read bit by bit, the newest first, and said to be missing until then', async () => {
  const { session, runs, asked } = openVisibility();
  // A service of its own each 20 minutes: 2500 in about a month, of which a look reads 2000.
  for (let index = 0; index < 2500; index++)
    runs.push(ended(`deploy/prod/s${index}`, now.getTime() - index * 20 * minuteMs));
  const reader = new EndedRuns(session);

  const first = await reader.read(now);
  const rows = asked.rows;
  const second = await reader.read(later(1));

  expect([Object.keys(endsOf(first)).length, leftOutOf(first)]).toEqual([2000, 500]);
  expect(endsOf(first)).toHaveProperty('deploy/prod/s0 succeeded');
  expect(rows).toBeLessThanOrEqual(4500);
  expect([Object.keys(endsOf(second)).length, leftOutOf(second)]).toEqual([2500, 0]);
  const before = asked.rows;
  await reader.read(later(2));
  expect(asked.rows - before).toBeLessThan(10);
});

test('beats, of which one ends each minute, keep nothing out that ends once in a while', async () => {
  const { session, runs } = openVisibility();
  runs.push(ended('backup/prod/shop', now.getTime() - 30 * 86_400_000, 'failed', 'backup'));
  for (let index = 0; index < 10_000; index++)
    runs.push(ended('beat/prod/shop', now.getTime() - index * minuteMs, 'succeeded', 'beat'));

  const samples = await new EndedRuns(session).read(now);

  expect(endsOf(samples)).toEqual({
    'backup/prod/shop failed': now.getTime() - 30 * 86_400_000,
    'beat/prod/shop succeeded': now.getTime(),
  });
  expect(leftOutOf(samples)).toBe(0);
});

test('more series than there may be: the oldest are left out, and counted', async () => {
  const { session, runs } = openVisibility();
  for (let index = 0; index < 3100; index++) runs.push(ended(`deploy/prod/s${index}`, now.getTime() - index * 1000));
  const reader = new EndedRuns(session);
  await reader.read(now);

  const samples = await reader.read(later(1));

  expect(Object.keys(endsOf(samples))).toHaveLength(3000);
  expect(endsOf(samples)).not.toHaveProperty('deploy/prod/s3099 succeeded');
  expect(leftOutOf(samples)).toBe(100);
});

test('however late visibility shows an end, and whenever it cannot be asked, nothing is missed', async () => {
  const oneRun = fc.record({
    service: fc.integer({ min: 0, max: 4 }),
    outcome: fc.constantFrom('succeeded', 'failed', 'undone'),
    kind: fc.constantFrom('deploy', 'beat'),
    closedAt: fc.integer({ min: 0, max: 20 * minuteMs }),
    lateMs: fc.integer({ min: 0, max: 110_000 }),
  });
  const looks = fc.array(fc.boolean(), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(fc.array(oneRun, { maxLength: 30 }), looks, async (all, downs) => {
      const visibility = openVisibility();
      const reader = new EndedRuns(visibility.session);
      const shown = (until: number) =>
        all
          .filter(({ closedAt, lateMs }) => closedAt + lateMs <= until)
          .map((run) => ended(`${run.kind}/prod/s${run.service}`, now.getTime() + run.closedAt, run.outcome, run.kind));
      for (const [index, down] of downs.entries()) {
        const minutes = (index + 1) * 2;
        visibility.runs = shown(minutes * minuteMs);
        visibility.down = down;
        await reader.read(later(minutes)).catch(() => undefined);
      }
      visibility.down = false;
      visibility.runs = shown(Infinity);

      const samples = await reader.read(later(23));

      const newest: Record<string, number> = {};
      for (const { workflowId, state, closedAt = 0 } of visibility.runs)
        newest[`${workflowId} ${state}`] = Math.max(newest[`${workflowId} ${state}`] ?? 0, closedAt);
      expect(endsOf(samples)).toEqual(newest);
    }),
  );
});
