import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { attributePairs, runbooksQueue } from '../../core/names.js';
import type { CalendarTimes } from '../../runbooks/cron.js';
import { timesOf } from '../../runbooks/schedule.js';
import type { RunStart, ScheduledRun } from '../../workflows/messages.js';
import { describeStart } from '../runs/start-run.js';
import type { CheckedSchedule } from '../schedule-file.js';
import { calendarSpec, timesOfSpec } from './calendar-spec.js';

/** The workflow that a schedule starts, and what marks schedules as ours. */
const workflowType = 'scheduled';
export const scheduleMark = 'schedule';

export type Overlap = 'SKIP' | 'BUFFER_ONE' | 'CANCEL_OTHER' | 'ALLOW_ALL';

const overlaps: Record<CheckedSchedule['schedule']['overlap'], Overlap> = {
  skip: 'SKIP',
  bufferOne: 'BUFFER_ONE',
  cancelOther: 'CANCEL_OTHER',
  allowAll: 'ALLOW_ALL',
};

/** What a schedule is made of, as the file says it or as Temporal holds it: two that are equal need no update. */
export interface ScheduleSettings {
  times: CalendarTimes[];
  timeZone: string;
  jitterSeconds: number;
  overlap: string;
  catchUpSeconds: number;
  start: RunStart;
}

/** A schedule's id in Temporal. */
export function scheduleIdOf({ schedule }: CheckedSchedule): string {
  return `${schedule.environment}/${schedule.name}`;
}

/** What the file says. Who runs it is the schedule itself, by its own word: Temporal does not say who has made it. */
export function wantedSettings(checked: CheckedSchedule): ScheduleSettings {
  const { schedule, runbook, gate, permission } = checked;
  const reason = schedule.reason ?? runbook.reason;
  const start = describeStart({
    runbook,
    requestedBy: { name: `schedule ${schedule.name}`, trust: 'claimed' },
    ...(reason !== undefined && { reason }),
    ...(gate && { gate }),
    ...(permission && { permission }),
  });
  return {
    times: timesOf(schedule),
    timeZone: schedule.timeZone,
    jitterSeconds: schedule.jitter,
    overlap: overlaps[schedule.overlap],
    catchUpSeconds: schedule.catchUp,
    start,
  };
}

/** What a schedule of ours was started with; undefined where somebody has put another action into it. */
export function scheduledRunOf({ action }: ScheduleDescription): ScheduledRun | undefined {
  const [given] = (action.args ?? []) as Array<ScheduledRun | undefined>;
  return action.workflowType === workflowType && given?.start ? given : undefined;
}

/** What Temporal holds. */
export function foundSettings(description: ScheduleDescription): Partial<ScheduleSettings> {
  const { spec, policies } = description;
  const start = scheduledRunOf(description)?.start;
  return {
    times: timesOfSpec(spec),
    timeZone: spec.timezone ?? 'UTC',
    jitterSeconds: (spec.jitter ?? 0) / 1000,
    overlap: policies.overlap ?? 'SKIP',
    catchUpSeconds: policies.catchupWindow / 1000,
    ...(start && { start }),
  };
}

/** The settings as Temporal takes them. */
export function scheduleOptions(
  id: string,
  settings: ScheduleSettings,
  timesSince: string,
): Omit<ScheduleOptions, 'scheduleId'> {
  const { times, timeZone, jitterSeconds, overlap, catchUpSeconds, start } = settings;
  const given: ScheduledRun = { schedule: id, start, timesSince };
  const { service, environment } = start.input.runbook;
  return {
    spec: { calendars: times.map(calendarSpec), timezone: timeZone, jitter: jitterSeconds * 1000 },
    policies: { overlap: overlap as Overlap, catchupWindow: catchUpSeconds * 1000 },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: `scheduled/${id}`,
      taskQueue: runbooksQueue,
      args: [given],
      memo: { title: `schedule ${id}`, requestedBy: start.input.requestedBy },
      staticSummary: `schedule ${id}`,
    },
    typedSearchAttributes: new TypedSearchAttributes(attributePairs({ kind: scheduleMark, service, environment })),
  };
}
