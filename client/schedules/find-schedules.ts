import { setTimeout as sleep } from 'node:timers/promises';
import { ScheduleNotFoundError, type ScheduleDescription, type ScheduleSummary } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import { searchAttributes } from '../../core/names.js';
import type { Session } from '../connection.js';
import { ambiguous } from '../runs/find-runs.js';
import { timesOfSpec } from './calendar-spec.js';
import { scheduleMark } from './settings.js';
import { showTimes } from './show-times.js';

/** One schedule in a list, as visibility knows it: up to seconds late. */
export interface ListedSchedule {
  /** ENVIRONMENT/NAME */
  id: string;
  environment: string;
  service: string;
  /** As cron writes them. */
  times: string[];
  timeZone: string;
  paused: boolean;
  /** What the last pause or resume said. */
  note?: string;
  lastAt?: string;
  nextAt?: string;
}

function listed({ scheduleId, spec, state, info, typedSearchAttributes }: ScheduleSummary): ListedSchedule {
  const lastAt = info.recentActions.at(-1)?.takenAt;
  const [nextAt] = info.nextActionTimes;
  const note = state.note?.split('\n')[0];
  return {
    id: scheduleId,
    environment: typedSearchAttributes?.get(searchAttributes.environment) ?? '',
    service: typedSearchAttributes?.get(searchAttributes.service) ?? '',
    times: spec ? timesOfSpec(spec).map(showTimes) : [],
    timeZone: spec?.timezone ?? 'UTC',
    paused: state.paused,
    ...(note && { note }),
    ...(lastAt && { lastAt: lastAt.toISOString() }),
    ...(nextAt && !state.paused && { nextAt: nextAt.toISOString() }),
  };
}

/** Every schedule of ours, by id. */
export async function listSchedules(session: Session, environment?: string): Promise<ListedSchedule[]> {
  const found: ListedSchedule[] = [];
  for await (const summary of session.client.schedule.list({ query: `RunbookKind = '${scheduleMark}'` })) {
    found.push(listed(summary));
  }
  return found
    .filter((each) => environment === undefined || each.environment === environment)
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** How long a list may lag behind before a name counts as unknown. */
const lagMs = 5000;

async function findId(session: Session, name: string): Promise<string> {
  const end = Date.now() + lagMs;
  for (;;) {
    const ids = (await listSchedules(session)).map(({ id }) => id).filter((id) => id.split('/').at(-1) === name);
    if (ids.length > 1) throw ambiguous(name, ids);
    if (ids[0] !== undefined) return ids[0];
    if (Date.now() > end) throw new RunbookError('NotFound', `no schedule "${name}"; see "runbook schedule list"`);
    await sleep(250);
  }
}

/**
 * The schedule that a person means: its id (ENVIRONMENT/NAME), or its name where only one environment has it.
 * @throws RunbookError NotFound, or InvalidRequest that lists what could be meant.
 */
export async function findSchedule(session: Session, name: string): Promise<ScheduleDescription> {
  const id = name.includes('/') ? name : await findId(session, name);
  try {
    return await session.client.schedule.getHandle(id).describe();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new RunbookError('NotFound', `no schedule "${id}"; see "runbook schedule list"`, { cause: error });
  }
}
