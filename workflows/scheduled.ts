import {
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  startChild,
  upsertMemo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { attributePairs } from '../core/names.js';
import type { RunKind, RunRecord } from '../core/record.js';
import { causeOf } from './failures.js';
import type { RunStart, ScheduledEnd, ScheduledRun } from './messages.js';
import { permissionRequest } from './permit.js';
import { observing } from './steps.js';

type StartRun = (input: RunStart['input']) => Promise<RunRecord>;

/** The kinds that a freeze holds back, and that need what they have proven. */
const releases: readonly RunKind[] = ['deploy', 'canary', 'blueGreen', 'train'];

/**
 * One moment of a schedule. Temporal adds the time to the id of whatever a schedule starts, so the run itself, whose id is its lock,
 * is started from here, as a person would start it. What became of it stands in the memo: the ledger reads it there.
 * @see https://docs.temporal.io/schedule#action
 */
export async function scheduled({ start }: ScheduledRun): Promise<ScheduledEnd> {
  const end = (await askPermission(start)) ?? (await run(start));
  tell(end);
  const { state, why = state } = end;
  if (['skipped', 'refused', 'succeeded', 'overtaken'].includes(state)) return end;
  throw ApplicationFailure.create({ message: why, type: 'ScheduledRunFailed', nonRetryable: true, details: [end] });
}

function tell(end: ScheduledEnd): void {
  upsertMemo({ end });
}

/** Refused at once, as a run by hand is: nobody is asked to approve what may not start. */
async function askPermission({ kind, input }: RunStart): Promise<ScheduledEnd | undefined> {
  const request = releases.includes(kind) ? permissionRequest(input, 'start') : undefined;
  if (!request) return undefined;
  const answer = await observing.checkPermission.executeWithOptions({ summary: 'permitted to start?' }, [request]);
  return answer.allowed ? undefined : { state: 'refused', why: `${answer.code}: ${answer.why}` };
}

async function run(start: RunStart): Promise<ScheduledEnd> {
  const { workflowId } = start;
  let child: ChildWorkflowHandle<StartRun>;
  try {
    child = await startRun(start);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const why = `${workflowId} is held by another run; see "runbook describe ${workflowId}"`;
    return { state: 'skipped', why };
  }
  const reference = { workflowId, runId: child.firstExecutionRunId };
  tell({ state: 'running', run: reference });
  const ended = await child.result().then(endOf, endOfFailure);
  // A newer release that took its place goes on under the same id: that is another run, and not of this schedule.
  const overtaken = ended.runId !== undefined && ended.runId !== reference.runId;
  const why = `a newer run took its place; see "runbook describe ${workflowId}"`;
  return overtaken ? { state: 'overtaken', why, run: reference } : { ...ended.end, run: reference };
}

async function startRun({ kind, workflowId, input, memo, summary, attributes }: RunStart) {
  return startChild<StartRun>(kind, {
    workflowId,
    args: [input],
    memo,
    staticSummary: summary,
    typedSearchAttributes: new TypedSearchAttributes(attributePairs(attributes)),
    // Cancelled by the schedule's own overlap policy, the run takes itself back first.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    // The run needs nobody above it; whoever ends this by force has not asked it to stop.
    parentClosePolicy: 'ABANDON',
  });
}

interface Ended {
  end: ScheduledEnd;
  runId?: string;
}

function endOf({ outcome, runId }: RunRecord): Ended {
  return { end: { state: outcome?.name ?? 'succeeded', ...(outcome && { why: outcome.message }) }, runId };
}

/** A run that failed leaves its record in its failure; one that was ended by force leaves none. */
function endOfFailure(error: unknown): Ended {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  const record = cause instanceof ApplicationFailure ? (cause.details?.[0] as RunRecord | undefined) : undefined;
  if (record?.outcome) return endOf(record);
  const why = isCancellation(error) ? 'it was cancelled' : causeOf(cause ?? error).message;
  return { end: { state: 'failed', why } };
}
