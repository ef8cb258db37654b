import { RunbookError } from '../../core/errors.js';
import type { RecordedVote, Vote } from '../../core/record.js';
import {
  abortUpdate,
  chooseUpdate,
  promoteUpdate,
  voteUpdate,
  type AbortRequest,
  type Choice,
  type Promotion,
} from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { explainFailure } from '../failures.js';
import type { RunReference } from './run-reference.js';

/** Longest time that a worker may take to accept or refuse. */
const answerTimeoutMs = 15_000;

async function ask<Answer>(session: Session, run: RunReference, request: () => Promise<Answer>): Promise<Answer> {
  try {
    return await session.connection.withDeadline(Date.now() + answerTimeoutMs, request);
  } catch (error) {
    const explained = explainFailure(error);
    if (explained instanceof RunbookError && explained.code === 'NotFound') {
      const message = `${run.workflowId}: there is no such run, or it has ended; see "runbook describe ${run.workflowId}"`;
      throw new RunbookError('NotFound', message, { cause: error });
    }
    throw explained;
  }
}

/**
 * Votes at a run's gate.
 * @throws RunbookError Refused, with the reason.
 */
export async function vote(session: Session, run: RunReference, ballot: Vote): Promise<RecordedVote> {
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId);
  return ask(session, run, () => handle.executeUpdate(voteUpdate, { args: [ballot] }));
}

/**
 * Says what to do about a step that failed and asks.
 * @throws RunbookError Refused when nothing asks.
 */
export async function choose(session: Session, run: RunReference, choice: Choice): Promise<void> {
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId);
  await ask(session, run, () => handle.executeUpdate(chooseUpdate, { args: [choice] }));
}

/**
 * Stops a run; what it did is undone unless told to leave it.
 * @throws RunbookError Refused when it is already undoing.
 */
export async function abort(session: Session, run: RunReference, request: AbortRequest): Promise<void> {
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId);
  await ask(session, run, () => handle.executeUpdate(abortUpdate, { args: [request] }));
}

/**
 * Goes on without the end of the comparison.
 * @throws RunbookError Refused when nothing is compared.
 */
export async function promote(session: Session, run: RunReference, promotion: Promotion): Promise<void> {
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId);
  await ask(session, run, () => handle.executeUpdate(promoteUpdate, { args: [promotion] }));
}
