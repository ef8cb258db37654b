import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { RunbookError } from '../../core/errors.js';
import { releaseWorkflowId, runbooksQueue, searchAttributes } from '../../core/names.js';
import type { Runbook } from '../../runbooks/index.js';
import type { Rollback } from '../../runbooks/rollback.js';
import type { RunInput } from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { refuseFrozen, refuseUnproven } from './early-refusal.js';
import { readMemo, type RunMemo } from './run-memo.js';
import type { RunReference } from './run-reference.js';

/** A run's input, ready to start. */
export type PreparedRun = RunInput<Runbook | Rollback>;

/** The run's name for people: what goes where. */
function titleOf({ runbook }: PreparedRun): string {
  const what =
    runbook.kind === 'train' ? runbook.releases.map(({ runbook: { service } }) => service).join(', ') : runbook.image;
  return [runbook.kind, runbook.service, what, `to ${runbook.environment}`].filter(Boolean).join(' ');
}

/** The image that a run releases; a train has several, and a rollback may find its own. */
function imageOf({ runbook }: PreparedRun): string | undefined {
  return runbook.kind === 'train' ? undefined : runbook.image;
}

/** What lists and refusals say of a run. */
export function memoOf(prepared: PreparedRun): RunMemo {
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

/**
 * Starts a run. Its workflow id is the lock of the service in its environment.
 * @throws RunbookError Locked, naming the run that holds it; Frozen or NotProven, where the environment takes no such release now.
 */
export async function startRun(session: Session, prepared: PreparedRun): Promise<Required<RunReference>> {
  const { runbook } = prepared;
  refuseFrozen(prepared, new Date());
  await refuseUnproven(session, prepared, new Date());
  const workflowId = releaseWorkflowId(runbook);
  const memo = memoOf(prepared);
  const image = imageOf(prepared);
  try {
    const handle = await session.client.workflow.start(runbook.kind, {
      workflowId,
      taskQueue: runbooksQueue,
      args: [prepared],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { ...memo },
      staticSummary: memo.title,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: searchAttributes.kind, value: runbook.kind },
        { key: searchAttributes.service, value: runbook.service },
        { key: searchAttributes.environment, value: runbook.environment },
        ...(image === undefined ? [] : [{ key: searchAttributes.image, value: image }]),
        { key: searchAttributes.state, value: 'planning' },
      ]),
    });
    return { workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw await explainLock(session, workflowId);
    throw error;
  }
}
