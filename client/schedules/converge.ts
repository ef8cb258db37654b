import { ScheduleAlreadyRunning, ScheduleNotFoundError, type ScheduleDescription } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import type { Change } from '../../core/record.js';
import type { Session } from '../connection.js';
import type { CheckedSchedule } from '../schedule-file.js';
import { compareSettings } from './compare.js';
import { listSchedules } from './find-schedules.js';
import { itsFile, notePause, noteResume, openPause } from './pause-notes.js';
import { foundSettings, scheduledRunOf, scheduleIdOf, scheduleOptions, wantedSettings } from './settings.js';

/** What applying a file has done, or would do. */
export interface AppliedSchedule {
  id: string;
  action: 'created' | 'updated' | 'unchanged' | 'deleted';
  changes: Change[];
  /** Set while it is held: by whom and why. */
  paused?: string;
}

interface Intent extends AppliedSchedule {
  act: () => Promise<unknown>;
}

const now = () => new Date().toISOString();

/** A schedule as Temporal holds it; undefined where there is none. */
async function describe(session: Session, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await session.client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function intendCreation(session: Session, id: string, checked: CheckedSchedule): Intent {
  const { paused } = checked.schedule;
  const note = paused === undefined ? undefined : notePause(undefined, { from: now(), by: itsFile, reason: paused });
  const options = scheduleOptions(id, wantedSettings(checked), now());
  const state = { paused: note !== undefined, ...(note !== undefined && { note }) };
  const act = () => session.client.schedule.create({ scheduleId: id, ...options, state });
  return { id, action: 'created', changes: [], ...(paused !== undefined && { paused: `${itsFile}: ${paused}` }), act };
}

/** What the file wants of the pause. Whatever a person has paused by hand stays: a file that says nothing of it does not undo that. */
function intendPause(session: Session, { schedule }: CheckedSchedule, description: ScheduleDescription) {
  const handle = session.client.schedule.getHandle(description.scheduleId);
  const { paused: isPaused, note } = description.state;
  const open = isPaused ? (openPause(note) ?? { from: '', by: 'unknown', reason: note ?? '' }) : undefined;
  const wanted = schedule.paused;
  const shown = open && `${open.by}: ${open.reason}`;
  const from = open ? 'paused' : 'running';
  if (wanted !== undefined && (!open || (open.by === itsFile && open.reason !== wanted))) {
    const text = notePause(note, { from: open?.from ?? now(), by: itsFile, reason: wanted });
    const change = { what: 'paused', from: shown ?? from, to: `${itsFile}: ${wanted}` };
    return { change, paused: change.to, act: () => handle.pause(text) };
  }
  if (wanted === undefined && open?.by === itsFile) {
    const change = { what: 'paused', from: shown ?? from, to: 'running' };
    return { change, act: () => handle.unpause(noteResume(note, { at: now(), by: itsFile })) };
  }
  return { ...(shown !== undefined && { paused: shown }) };
}

function intendUpdate(session: Session, checked: CheckedSchedule, description: ScheduleDescription): Intent {
  const id = description.scheduleId;
  const before = scheduledRunOf(description);
  if (!before) {
    const found = `${id}: there is a schedule of this name that starts "${description.action.workflowType}"`;
    throw new RunbookError('Refused', `${found}; it is not of ours: rename yours, or delete that one in Temporal`);
  }
  const wanted = wantedSettings(checked);
  const found = foundSettings(description);
  const changes = compareSettings(found, wanted);
  // Its times: as long as these stay, what was due before is known too.
  const sameTimes = changes.every(({ what }) => !['times', 'timeZone', 'jitterSeconds'].includes(what));
  const { scheduleId: _, ...options } = {
    scheduleId: id,
    ...scheduleOptions(id, wanted, sameTimes ? before.timesSince : now()),
  };
  const handle = session.client.schedule.getHandle(id);
  const update = () => handle.update(({ state }) => ({ ...options, state }));
  const pause = intendPause(session, checked, description);
  const steps = [...(changes.length > 0 ? [update] : []), ...(pause.act ? [pause.act] : [])];
  // A schedule that is to be held must not run in between; one that goes on must be up to date first.
  if (pause.paused !== undefined) steps.reverse();
  const all = [...changes, ...(pause.change ? [pause.change] : [])];
  return {
    id,
    action: all.length > 0 ? 'updated' : 'unchanged',
    changes: all,
    ...(pause.paused !== undefined && { paused: pause.paused }),
    act: async () => {
      for (const step of steps) await step();
    },
  };
}

async function intend(session: Session, checked: CheckedSchedule): Promise<Intent> {
  const id = scheduleIdOf(checked);
  const description = await describe(session, id);
  return description ? intendUpdate(session, checked, description) : intendCreation(session, id, checked);
}

/** Schedules of ours in the same environments that no file names. */
async function intendPruning(session: Session, schedules: readonly CheckedSchedule[]): Promise<Intent[]> {
  const ids = new Set(schedules.map(scheduleIdOf));
  const environments = new Set(schedules.map(({ schedule }) => schedule.environment));
  const listed = await listSchedules(session);
  return listed
    .filter(({ id, environment }) => environments.has(environment) && !ids.has(id))
    .map(({ id }) => ({ id, action: 'deleted', changes: [], act: () => removeSchedule(session, id) }));
}

/** Lists lag behind: one that is gone already is what was wanted. */
async function removeSchedule(session: Session, id: string): Promise<void> {
  try {
    await session.client.schedule.getHandle(id).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/**
 * Makes Temporal hold what the files say: creates, updates only what differs, and with `prune` deletes what is in no file. Everything
 * is read before anything is changed.
 * @throws RunbookError Refused for a schedule of the same name that is not ours; Conflict when somebody else applies as well.
 */
export async function applySchedules(
  session: Session,
  schedules: readonly CheckedSchedule[],
  { dryRun, prune }: { dryRun: boolean; prune: boolean },
): Promise<AppliedSchedule[]> {
  const intents: Intent[] = [];
  for (const checked of schedules) intents.push(await intend(session, checked));
  if (prune) intents.push(...(await intendPruning(session, schedules)));
  for (const { act } of dryRun ? [] : intents) {
    await act().catch((error: unknown) => {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const message = `${error.scheduleId}: somebody else has just created it; apply the file again`;
      throw new RunbookError('Conflict', message, { cause: error });
    });
  }
  return intents.map(({ act: _, ...applied }) => applied);
}
