import type { ScheduleDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { formatSeconds } from '../../core/duration.js';
import { compareLedger, type HeldTime, type LedgerEntry, type ScheduledStart } from '../../policies/ledger.js';
import type { ScheduledEnd } from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { visibilityValue } from '../runs/visibility-value.js';
import { matchingTimes } from './matching-times.js';
import { openPause, readPauses } from './pause-notes.js';
import { scheduledRunOf } from './settings.js';

/** What was due of one schedule and what came of it. */
export interface Ledger {
  id: string;
  /** ISO 8601. What was before is not known, because … */
  from: string;
  /**
   * asked: nobody asked for more; created, changed: the schedule's times are from then; retention: Temporal forgets runs that ended before;
   * most: there are more runs than a ledger shows.
   */
  because: 'asked' | 'created' | 'changed' | 'retention' | 'most';
  to: string;
  entries: LedgerEntry[];
}

/** More runs of a schedule than a ledger shows. */
const mostStarts = 5000;

/** The moment that a schedule started a run for. Set by Temporal itself. */
const scheduledTime = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

async function readRetentionMs(session: Session): Promise<number> {
  const { config } = await session.client.workflowService.describeNamespace({ namespace: session.namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1000;
}

const isEnd = (value: unknown): value is ScheduledEnd =>
  typeof value === 'object' && value !== null && 'state' in value;

/** What a run says of itself; where it was ended by force, what Temporal says. */
function endOf({ status, memo }: WorkflowExecutionInfo): ScheduledEnd {
  const said = memo?.['end'];
  const end: ScheduledEnd = isEnd(said) ? said : { state: 'running' };
  const open = status.name === 'RUNNING';
  if (open || end.state !== 'running') return end;
  const why = `its start was ${status.name.toLowerCase().replaceAll('_', ' ')}`;
  return { ...end, state: 'failed', why: end.run ? `${why}; the run itself may go on: see "runbook describe"` : why };
}

function startOf(execution: WorkflowExecutionInfo): ScheduledStart {
  const { state, why, run } = endOf(execution);
  const scheduledAt = execution.typedSearchAttributes.get(scheduledTime) ?? execution.startTime;
  return {
    scheduledAt: scheduledAt.getTime(),
    startedAt: execution.startTime.getTime(),
    ...(execution.closeTime && { finishedAt: execution.closeTime.getTime() }),
    state,
    ...(why !== undefined && { why }),
    workflowId: run?.workflowId ?? execution.workflowId,
    runId: run?.runId ?? execution.runId,
  };
}

async function readStarts(session: Session, id: string, from: number): Promise<ScheduledStart[]> {
  const since = new Date(from).toISOString();
  const query = `TemporalScheduledById = '${visibilityValue('schedule', id)}' AND TemporalScheduledStartTime >= '${since}'`;
  const found: ScheduledStart[] = [];
  for await (const execution of session.client.workflow.list({ query, pageSize: 500 })) {
    found.push(startOf(execution));
    if (found.length >= mostStarts) break;
  }
  return found;
}

/** When the schedule was held, as far as its note tells. */
function heldTimes({ state: { paused, note } }: ScheduleDescription, from: number): HeldTime[] {
  const known = readPauses(note).map(({ from: begin, to, by, reason }): HeldTime => ({
    from: Date.parse(begin),
    ...(to !== undefined && { to: Date.parse(to) }),
    why: `by ${by}: ${reason}`,
  }));
  if (!paused || openPause(note)) return known.filter(({ to }) => to !== undefined || paused);
  // By other means, which do not say since when.
  return [...known, { from, why: `now, it is not known since when${note ? `: ${note}` : ''}` }];
}

function beginningOf(
  { info }: ScheduleDescription,
  timesSince: string | undefined,
  asked: number,
  retained: number,
): Pick<Ledger, 'because'> & { from: number } {
  const candidates = [
    { because: 'asked', from: asked },
    { because: 'retention', from: retained },
    { because: 'created', from: info.createdAt.getTime() },
    { because: 'changed', from: timesSince === undefined ? 0 : Date.parse(timesSince) },
  ] as const;
  const { because, from } = candidates.reduce((last, each) => (each.from > last.from ? each : last));
  // The moment that Temporal says it started a run for has whole seconds, and must not lie before its schedule.
  return { because, from: Math.floor(from / 1000) * 1000 };
}

/** Temporal lists open runs first, then by their end, the newest first: all that was due since the end of the last one is known. */
function beginningOfMost(starts: ScheduledStart[]): Pick<Ledger, 'because'> & { from: number } {
  const last = starts.at(-1);
  return { because: 'most', from: Math.ceil((last?.finishedAt ?? last?.scheduledAt ?? 0) / 1000) * 1000 };
}

/** Reads what was due of a schedule in the last days, and what came of each moment. */
export async function readLedger(
  session: Session,
  description: ScheduleDescription,
  { days, now }: { days: number; now: Date },
): Promise<Ledger> {
  const { scheduleId: id, spec, policies, info } = description;
  const to = now.getTime();
  const retained = to - (await readRetentionMs(session));
  const timesSince = scheduledRunOf(description)?.timesSince;
  const beginning = beginningOf(description, timesSince, to - days * 86_400_000, retained);
  const jitterSeconds = (spec.jitter ?? 0) / 1000;
  const starts = await readStarts(session, id, beginning.from - jitterSeconds * 1000);
  const { from, because } = starts.length < mostStarts ? beginning : beginningOfMost(starts);
  const due = await matchingTimes(session, id, from, to);
  const entries = compareLedger({
    due,
    starts,
    held: heldTimes(description, from),
    jitterSeconds,
    mayOverlap: policies.overlap === 'ALLOW_ALL',
    missedCatchUp: info.numActionsMissedCatchupWindow,
    catchUp: formatSeconds(policies.catchupWindow / 1000),
    now: to,
  });
  const begin = new Date(from).toISOString();
  return { id, from: begin, because, to: now.toISOString(), entries: entries.filter(({ at }) => at >= begin) };
}
