import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import { searchAttributes } from '../../core/names.js';
import { outcomes, type RunRecord } from '../../core/record.js';
import { recordQuery } from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { findApplicationFailure, grpcStatus } from '../failures.js';
import { addLivePoints } from './live-points.js';
import { addLiveProgress } from './live-progress.js';
import { recordOfDescription } from './partial-record.js';
import type { RunReference } from './run-reference.js';

const { permissionDenied, unavailable, unauthenticated } = grpcStatus;
const aboutTemporal: readonly number[] = [permissionDenied, unavailable, unauthenticated];
const queryTimeoutMs = 5000;
const resultTimeoutMs = 10_000;

function isRunRecord(value: unknown): value is RunRecord {
  return typeof value === 'object' && value !== null && 'workflowId' in value && 'phase' in value && 'steps' in value;
}

/** The record by query; undefined when no worker answers. Network failures are thrown: they are something else. */
export async function queryRecord(session: Session, run: RunReference): Promise<RunRecord | undefined> {
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    return await session.connection.withDeadline(Date.now() + queryTimeoutMs, () => handle.query(recordQuery));
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError) return undefined;
    const cause = error instanceof ServiceError ? error.cause : error;
    // A worker that is killed with the question in its hands may leave any answer behind: late, none, broken off. Only what says that
    // Temporal itself cannot be asked, or may not, is of interest.
    if (isGrpcServiceError(cause) && !aboutTemporal.includes(cause.code)) return undefined;
    throw error;
  }
}

/** The record of a run that a newer release has overtaken. It ends without a result, so a worker is asked; else Temporal. */
async function readOvertaken(session: Session, description: WorkflowExecutionDescription): Promise<RunRecord> {
  const { workflowId, runId, closeTime } = description;
  const record = await queryRecord(session, { workflowId, runId });
  if (record?.outcome) return record;
  const state = description.typedSearchAttributes.get(searchAttributes.state);
  const name = outcomes.find((each) => each === state) ?? 'failed';
  const message = 'a newer release took its place; no worker answers, so no more is known of it';
  return {
    ...recordOfDescription(description),
    phase: 'finished',
    // Nobody who could say by whom.
    overtakenBy: { by: 'unknown' },
    outcome: { name, code: 'Overtaken', message },
    ...(closeTime && { finishedAt: closeTime.toISOString() }),
  };
}

/** The record of a run that has ended: its result, or what its failure carries. Needs no worker. */
async function readEnd(
  session: Session,
  handle: WorkflowHandle,
  description: WorkflowExecutionDescription,
): Promise<RunRecord> {
  if (description.status.name === 'CONTINUED_AS_NEW') return readOvertaken(session, description);
  let reason = 'it ended without a record';
  try {
    const result: unknown = await session.connection.withDeadline(Date.now() + resultTimeoutMs, () => handle.result());
    if (isRunRecord(result)) return result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const failure = findApplicationFailure(error.cause);
    const record: unknown = failure?.details?.[0];
    if (isRunRecord(record)) return record;
    reason = failure?.message ?? error.cause?.message ?? error.message;
  }
  const status = description.status.name.toLowerCase().replaceAll('_', ' ');
  const known = (await queryRecord(session, { workflowId: handle.workflowId, runId: description.runId })) ?? undefined;
  const message = `the workflow ${status === 'failed' ? 'failed' : `was ${status}`}: ${reason}; check the world by hand`;
  return {
    ...(known ?? recordOfDescription(description)),
    phase: 'finished',
    outcome: { name: 'failed', code: 'Unexpected', message },
    ...(description.closeTime && { finishedAt: description.closeTime.toISOString() }),
  };
}

/** A run as it is known now. */
export interface Sighting {
  record: RunRecord;
  /** Nobody answers for it: the record holds only what Temporal itself knows. */
  withoutWorker: boolean;
}

/**
 * Reads a run's record: by query while it is open, from its end afterwards.
 * @throws RunbookError NotFound.
 */
export async function readRecord(session: Session, run: RunReference): Promise<Sighting> {
  const handle = session.client.workflow.getHandle(run.workflowId, run.runId, { followRuns: false });
  let description: WorkflowExecutionDescription;
  try {
    description = await handle.describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new RunbookError('NotFound', `${run.workflowId}: there is no such run; see "runbook list --all"`, {
      cause: error,
    });
  }
  if (description.status.name !== 'RUNNING') {
    const exact = session.client.workflow.getHandle(run.workflowId, description.runId, { followRuns: false });
    return { record: await readEnd(session, exact, description), withoutWorker: false };
  }
  const record = await queryRecord(session, { workflowId: run.workflowId, runId: description.runId });
  if (!record) return { record: recordOfDescription(description), withoutWorker: true };
  const withPoints = await addLivePoints(session, run, record);
  return { record: await addLiveProgress(session, run, withPoints), withoutWorker: false };
}
