import type { temporal } from '@temporalio/proto';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** What one step cost beyond its own work, in milliseconds. */
export interface StepTimes {
  /** Until a worker had the task. */
  untilStarted: number;
  /** Until Temporal had the result of an activity that does nothing. */
  untilCompleted: number;
  /** Until the workflow had said what comes next. */
  untilNext: number;
  total: number;
}

/** What one run cost by its history. */
export interface HistoryCost {
  events: number;
  steps: number;
  /** What Temporal Cloud counts as actions and a history shows: heartbeats and queries leave no event. */
  actions: number;
  byAction: Record<string, number>;
  times: StepTimes[];
}

function millisecondsOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds?.toString() ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
}

/** The action that an event stands for, and how many. An activity's earlier attempts show only in its last start. */
function actionsOf(event: HistoryEvent): [name: string, count: number] {
  if (event.workflowExecutionStartedEventAttributes) return ['workflow started', 1];
  if (event.activityTaskScheduledEventAttributes) return ['activities', 1];
  if (event.activityTaskStartedEventAttributes)
    return ['activity retries', (event.activityTaskStartedEventAttributes.attempt ?? 1) - 1];
  if (event.timerStartedEventAttributes) return ['timers', 1];
  if (event.workflowExecutionSignaledEventAttributes) return ['signals', 1];
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return ['updates', 1];
  if (event.upsertWorkflowSearchAttributesEventAttributes) return ['search attribute upserts', 1];
  return ['none', 0];
}

function countActions(events: readonly HistoryEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    const [name, count] = actionsOf(event);
    if (count > 0) counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

function timesOf(events: readonly HistoryEvent[], scheduled: HistoryEvent): StepTimes[] {
  const id = String(scheduled.eventId);
  const started = events.find((each) => String(each.activityTaskStartedEventAttributes?.scheduledEventId) === id);
  const completed = events.findIndex(
    (each) => String(each.activityTaskCompletedEventAttributes?.scheduledEventId) === id,
  );
  const end = events[completed];
  const next = events.slice(completed + 1).find((each) => each.workflowTaskCompletedEventAttributes);
  if (!started || !end || !next) return [];
  const [at0, at1, at2, at3] = [scheduled, started, end, next].map(millisecondsOf) as [number, number, number, number];
  return [{ untilStarted: at1 - at0, untilCompleted: at2 - at1, untilNext: at3 - at2, total: at3 - at0 }];
}

/** Reads from a history what the run cost. */
export function readCost(events: readonly HistoryEvent[]): HistoryCost {
  const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes);
  const byAction = countActions(events);
  return {
    events: events.length,
    steps: scheduled.length,
    actions: Object.values(byAction).reduce((sum, count) => sum + count, 0),
    byAction,
    times: scheduled.flatMap((event) => timesOf(events, event)),
  };
}
