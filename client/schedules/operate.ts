import type { ScheduleDescription } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import type { Session } from '../connection.js';
import { matchingTimes } from './matching-times.js';
import { notePause, noteResume, openPause } from './pause-notes.js';
import { readMoments } from './read-moment.js';
import { scheduledRunOf } from './settings.js';

/** More runs than anybody means to start at once. */
const mostBackfilled = 100;

const now = () => new Date().toISOString();

/**
 * Holds a schedule until it is resumed; what goes on goes on.
 * @throws RunbookError Refused where it is held already.
 */
export async function pauseSchedule(
  session: Session,
  { scheduleId, state: { paused, note } }: ScheduleDescription,
  { by, reason }: { by: string; reason: string },
): Promise<void> {
  if (paused) {
    const open = openPause(note);
    const found = open ? `by ${open.by} since ${open.from} (${open.reason})` : `(${note ?? 'without a reason'})`;
    throw new RunbookError('Refused', `${scheduleId}: it is paused already ${found}; nothing was changed`);
  }
  await session.client.schedule.getHandle(scheduleId).pause(notePause(note, { from: now(), by, reason }));
}

/**
 * Lets a schedule go on. What it missed stays missed: the ledger names it, and a backfill runs it.
 * @throws RunbookError Refused where it is not held.
 */
export async function resumeSchedule(
  session: Session,
  { scheduleId, state: { paused, note } }: ScheduleDescription,
  { by }: { by: string },
): Promise<void> {
  if (!paused) throw new RunbookError('Refused', `${scheduleId}: it is not paused; nothing was changed`);
  await session.client.schedule.getHandle(scheduleId).unpause(noteResume(note, { at: now(), by }));
}

/** Starts what a schedule starts, now, also while it is held. Answers the id of the run that it asks for. */
export async function triggerSchedule(session: Session, description: ScheduleDescription): Promise<string> {
  const { scheduleId } = description;
  // Not by the schedule's own overlap policy, which may drop it without a word: the lock refuses, and the ledger says so.
  await session.client.schedule.getHandle(scheduleId).trigger('ALLOW_ALL');
  return scheduledRunOf(description)?.start.workflowId ?? scheduleId;
}

/**
 * Runs what was due between two moments, both inside, one after the other. Moments are local times of the schedule's zone unless
 * they say otherwise. Answers the moments, ISO 8601.
 * @throws RunbookError InvalidRequest where nothing was due, or more than a hundred runs.
 */
export async function backfillSchedule(
  session: Session,
  { scheduleId, spec }: ScheduleDescription,
  range: { from: string; to: string },
): Promise<string[]> {
  const { from, to } = readMoments(range, spec.timezone ?? 'UTC');
  const jitter = spec.jitter ?? 0;
  const due = await matchingTimes(session, scheduleId, from, to + jitter);
  const which = `between ${new Date(from).toISOString()} and ${new Date(to).toISOString()}`;
  if (due.length === 0) {
    throw new RunbookError('InvalidRequest', `${scheduleId}: nothing was due ${which}; see "runbook schedule ledger"`);
  }
  if (due.length > mostBackfilled) {
    const found = `${scheduleId}: expected at most ${mostBackfilled} runs to make up for, found ${due.length} ${which}`;
    throw new RunbookError('InvalidRequest', `${found}; name a shorter time`);
  }
  const backfill = { start: new Date(from - 1), end: new Date(to + jitter), overlap: 'BUFFER_ALL' } as const;
  await session.client.schedule.getHandle(scheduleId).backfill(backfill);
  return due.map((moment) => new Date(moment).toISOString());
}
