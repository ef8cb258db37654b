import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareLedger, type LedgerQuestion, type ScheduledStart } from '../../policies/ledger.js';

const hour = 3_600_000;
const start = Date.parse('2026-11-20T00:00:00Z');
const night = (number: number) => start + number * 24 * hour;

function startAt(scheduledAt: number, more: Partial<ScheduledStart> = {}): ScheduledStart {
  const run = { workflowId: 'deploy/prod/web', runId: `run-${scheduledAt}` };
  const startedAt = scheduledAt + 500;
  return { scheduledAt, startedAt, finishedAt: startedAt + hour, state: 'succeeded', ...run, ...more };
}

function ask(more: Partial<LedgerQuestion>) {
  const question: LedgerQuestion = {
    due: [night(0), night(1), night(2)],
    starts: [],
    held: [],
    jitterSeconds: 0,
    mayOverlap: false,
    missedCatchUp: 0,
    catchUp: '6 h 0 m',
    now: night(3),
    ...more,
  };
  return compareLedger(question);
}

const verdicts = (more: Partial<LedgerQuestion>) =>
  ask(more).map(({ verdict, because }) => (because === undefined ? verdict : `${verdict}: ${because}`));

test('each moment has its run', () => {
  expect(verdicts({ starts: [0, 1, 2].map((number) => startAt(night(number))) })).toEqual(['kept', 'kept', 'kept']);
});

test.each([
  ['skipped', 'missed: locked'],
  ['refused', 'missed: refused'],
  ['rejected', 'missed: rejected'],
  ['expired', 'missed: expired'],
  ['undone', 'missed: failed'],
  ['notUndone', 'missed: failed'],
  ['failed', 'missed: failed'],
  ['overtaken', 'kept'],
  ['running', 'running'],
])('a run that ended as %s counts as %s, and says why', (state, verdict) => {
  const [entry] = ask({ due: [night(0)], starts: [startAt(night(0), { state, why: 'because' })] });

  expect([entry?.verdict, entry?.because].filter(Boolean).join(': ')).toBe(verdict);
  expect(entry).toMatchObject(verdict.startsWith('missed') ? { why: 'because' } : { workflowId: 'deploy/prod/web' });
});

describe('a moment without a run is missed, and it says why', () => {
  test('it was paused then, from its begin on and not at its end', () => {
    const held = [{ from: night(1), to: night(2), why: 'paused by bob: the move' }];

    expect(verdicts({ held })).toEqual(['missed: outage', 'missed: paused', 'missed: outage']);
    expect(ask({ held })[1]).toMatchObject({ at: '2026-11-21T00:00:00.000Z', why: 'paused by bob: the move' });
    expect(verdicts({ held: [{ from: night(1), why: 'still' }] }).slice(1)).toEqual([
      'missed: paused',
      'missed: paused',
    ]);
  });

  test('the run before still went on; where both may run that is no reason', () => {
    const starts = [startAt(night(0), { finishedAt: night(2) + hour })];

    expect(verdicts({ starts })).toEqual(['kept', 'missed: overlap', 'missed: overlap']);
    expect(ask({ starts })[1]?.why).toContain('2026-11-20T00:00:00.000Z');
    expect(verdicts({ starts, mayOverlap: true })).toEqual(['kept', 'missed: outage', 'missed: outage']);
  });

  test('nothing was there to start it; whether Temporal says so itself makes a difference', () => {
    const [guessed] = ask({});
    const [known] = ask({ missedCatchUp: 1 });

    expect(guessed?.why).toContain('catch-up window of 6 h 0 m, or the schedule was changed');
    expect(known?.why).not.toContain('or the schedule');
  });

  test('but not before a minute has passed: it may still come', () => {
    expect(verdicts({ now: night(2) + 30_000 }).at(-1)).toBe('due');
    expect(verdicts({ now: night(2) + 90_000 }).at(-1)).toBe('missed: outage');
  });
});

test('a run that was made up for later answers for its moment, and says how late; the last one counts', () => {
  const failed = startAt(night(0), { state: 'failed' });
  const again = startAt(night(0), { startedAt: night(1) });

  const [entry] = ask({ starts: [failed, again] });

  expect(entry).toMatchObject({ verdict: 'kept', lateSeconds: 86_400 });
  expect(ask({ starts: [failed, again] })).toHaveLength(3);
});

test('a run by hand answers for no moment, also within the jitter of one', () => {
  const byHand = startAt(night(0) - 73_000);
  const jitterSeconds = 300;

  expect(verdicts({ due: [night(0)], starts: [byHand], jitterSeconds })).toEqual(['extra', 'missed: outage']);
});

test('with jitter, each run still answers for its own moment, and every moment is accounted for once', () => {
  const jitters = fc.array(fc.record({ jitter: fc.nat(299_000), ran: fc.boolean() }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(jitters, (drawn) => {
      const due = drawn.map(({ jitter }, index) => night(0) + index * hour + jitter);
      const starts = drawn.flatMap(({ ran }, index) => (ran ? [startAt(night(0) + index * hour)] : []));
      const entries = ask({ due, starts, jitterSeconds: 300, mayOverlap: true, now: night(9) });
      expect(entries.map(({ verdict }) => verdict)).toEqual(drawn.map(({ ran }) => (ran ? 'kept' : 'missed')));
      expect(entries.map(({ at }) => Date.parse(at))).toEqual(due);
    }),
  );
});
