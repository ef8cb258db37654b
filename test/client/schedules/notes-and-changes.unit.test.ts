import { expect, test } from '@jest/globals';
import { compareSettings } from '../../../client/schedules/compare.js';
import { notePause, noteResume, openPause, readPauses } from '../../../client/schedules/pause-notes.js';
import { readMoments } from '../../../client/schedules/read-moment.js';
import type { ScheduleSettings } from '../../../client/schedules/settings.js';
import { readCron } from '../../../runbooks/cron.js';

const at = (hour: number) => `2026-11-21T${String(hour).padStart(2, '0')}:00:00.000Z`;

test('a note tells who holds a schedule, and when it was held before', () => {
  const first = notePause(undefined, { from: at(1), by: 'bob', reason: 'the move: to\nanother  bucket' });
  const resumed = noteResume(first, { at: at(2), by: 'alice' });
  const second = notePause(resumed, { from: at(3), by: 'carol', reason: 'again' });

  expect(openPause(first)).toEqual({ from: at(1), by: 'bob', reason: 'the move: to another bucket' });
  expect([openPause(resumed), openPause('by the UI')]).toEqual([undefined, undefined]);
  expect(readPauses(second)).toEqual([
    { from: at(3), by: 'carol', reason: 'again' },
    { from: at(1), to: at(2), by: 'bob', reason: 'the move: to another bucket' },
  ]);
});

test('a note does not grow without end', () => {
  let note = '';
  for (let turn = 0; turn < 60; turn++) {
    note = notePause(note, { from: at(1), by: 'bob', reason: `turn ${turn}` });
    note = noteResume(note, { at: at(2), by: 'bob' });
  }

  expect(readPauses(note)).toHaveLength(20);
  expect(readPauses(note)[0]?.reason).toBe('turn 59');
});

const settings: ScheduleSettings = {
  times: [readCron('0 2 * * *')],
  timeZone: 'UTC',
  jitterSeconds: 0,
  overlap: 'SKIP',
  catchUpSeconds: 60,
  start: {
    kind: 'deploy',
    workflowId: 'deploy/prod/web',
    input: {
      runbook: { service: 'web', environment: 'prod', image: 'web:1' },
      requestedBy: { name: 'schedule nightly', trust: 'claimed' },
    },
    memo: { title: 'deploy web' },
    summary: 'deploy web',
    attributes: { kind: 'deploy' },
  },
};

test('a change is named by its path; what went through JSON and is the same is no change', () => {
  const { start } = settings;
  const changed: ScheduleSettings = {
    ...settings,
    times: [readCron('30 3 * * mon-fri')],
    overlap: 'ALLOW_ALL',
    start: { ...start, input: { ...start.input, runbook: { ...start.input.runbook, image: 'web:2' } } },
  };
  const copy = JSON.parse(JSON.stringify({ ...settings, nothing: undefined })) as ScheduleSettings;

  expect(compareSettings(copy, settings)).toEqual([]);
  expect(compareSettings(settings, changed)).toEqual([
    { what: 'times', from: '0 2 * * *', to: '30 3 * * 1-5' },
    { what: 'overlap', from: 'SKIP', to: 'ALLOW_ALL' },
    { what: 'runbook.image', from: 'web:1', to: 'web:2' },
  ]);
});

test('a moment is a local time of the schedule, or one with its offset; of one that comes twice both are meant', () => {
  const read = (from: string, to: string) =>
    Object.values(readMoments({ from, to }, 'Europe/Berlin')).map((moment) => new Date(moment).toISOString());

  expect(read('2025-10-26T02:30', '2025-10-26T02:30')).toEqual([
    '2025-10-26T00:30:00.000Z',
    '2025-10-26T01:30:00.000Z',
  ]);
  expect(read('2025-10-26T02:30Z', '2025-10-26T02:30+00:00')).toEqual(Array(2).fill('2025-10-26T02:30:00.000Z'));
  expect(() => read('yesterday', '2025-10-26T02:30')).toThrow('--from: expected a local time of Europe/Berlin');
  expect(() => read('2025-10-26T02:30', '2025-10-25T02:30')).toThrow('--to: expected a moment after');
  expect(() => read('2025-10-26T02:30', '9999-10-25T02:30')).toThrow('in the past');
});
