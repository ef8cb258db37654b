import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { RunbookError } from '../../core/errors.js';
import { attributePairs, runbooksQueue, workflowIdOf } from '../../core/names.js';
import type { Runbook } from '../../runbooks/index.js';
import type { Offboarding } from '../../runbooks/offboarding.js';
import type { Rollback } from '../../runbooks/rollback.js';
import type { RunInput, RunStart } from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { refuseFrozen, refuseUnproven } from './early-refusal.js';
import { readMemo, type RunMemo } from './run-memo.js';
import type { RunReference } from './run-reference.js';

/** A run's input, ready to start. */
export type PreparedRun = RunInput<Runbook | Rollback>;

/** What a person starts: also what no file is written of. */
export type StartedInput = RunInput<Runbook | Rollback | Offboarding>;

/** The run's name for people: what goes where. */
function titleOf({ runbook }: StartedInput): string {
  const { kind, service, environment } = runbook;
  if (kind === 'backup' || kind === 'drill' || kind === 'restore' || kind === 'beat')
    return `${kind} ${service} in ${environment}`;
  if (kind === 'credentials' || kind === 'offboarding') return `${kind} ${service} in ${environment}`;
  if (kind === 'rotate') return `rotate ${runbook.credential} of ${service} in ${environment}`;
  const what = kind === 'train' ? runbook.releases.map((release) => release.runbook.service).join(', ') : runbook.image;
  return [kind, service, what, `to ${environment}`].filter(Boolean).join(' ');
}

/** The image that a run releases; a train has several, and a rollback may find its own. */
function imageOf({ runbook }: StartedInput): string | undefined {
  return 'image' in runbook ? runbook.image : undefined;
}

/** What lists and refusals say of a run. */
export function memoOf(prepared: StartedInput): RunMemo {
  const { requestedBy, reason } = prepared;
  return { title: titleOf(prepared), requestedBy, ...(reason !== undefined && { reason }) };
}

async function explainLock(session: Session, workflowId: string): Promise<RunbookError> {
  const holder = await session.client.workflow.getHandle(workflowId).describe();
  const { requestedBy, reason } = readMemo(holder.memo);
  const asked = requestedBy ? `, asked for by ${requestedBy.name}` : '';
  const since = ` since ${holder.startTime.toISOString().slice(0, 19)}Z`;
  return new RunbookError(
    'Locked',
    `${workflowId}: a ${holder.type} is running${since}${asked}${reason ? ` (${reason})` : ''} (run ${holder.runId}); ` +
      `nothing was started; see "runbook watch ${workflowId}", or take its place by "runbook run --overtake"`,
  );
}

/** All that a run is started with, whoever starts it. */
export function describeStart(prepared: StartedInput): RunStart {
  const { kind, service, environment } = prepared.runbook;
  const memo = memoOf(prepared);
  const image = imageOf(prepared);
  return {
    kind,
    workflowId: workflowIdOf(prepared.runbook),
    input: prepared,
    memo: { ...memo },
    summary: memo.title,
    attributes: { kind, service, environment, ...(image !== undefined && { image }), state: 'planning' },
  };
}

/**
 * Starts a run. Its workflow id is the lock of the service in its environment.
 * @throws RunbookError Locked, naming the run that holds it; Frozen or NotProven, where the environment takes no such release now.
 */
export async function startRun(
  session: Session,
  prepared: StartedInput,
  request?: RunMemo['request'],
): Promise<Required<RunReference>> {
  refuseFrozen(prepared, new Date());
  await refuseUnproven(session, prepared, new Date());
  const { kind, workflowId, input, memo, summary, attributes } = describeStart(prepared);
  try {
    const handle = await session.client.workflow.start(kind, {
      workflowId,
      taskQueue: runbooksQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { ...memo, ...(request && { request }) },
      staticSummary: summary,
      typedSearchAttributes: new TypedSearchAttributes(attributePairs(attributes)),
    });
    return { workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw await explainLock(session, workflowId);
    throw error;
  }
}
