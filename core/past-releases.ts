import type { WorkflowClient, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { releaseWorkflowId, searchAttributes } from './names.js';

/** One release of a service in an environment, as Temporal itself knows it. */
export interface PastRelease {
  workflowId: string;
  runId: string;
  /** Unknown of runs that other means have started. */
  image?: string;
  /** A phase while it is open, then the name of its outcome; "unknown" when it was ended by force. */
  state: string;
  /** ISO 8601. */
  startedAt: string;
  finishedAt?: string;
}

/** What is needed of Temporal's client. */
export type WorkflowReader = Pick<WorkflowClient, 'list' | 'getHandle'>;

type KnownExecution = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'typedSearchAttributes'
>;

/** More releases than one looks back over to find a proof. */
const most = 200;

function pastRelease(execution: KnownExecution): PastRelease {
  const attributes = execution.typedSearchAttributes;
  const image = attributes.get(searchAttributes.image);
  // Only a run that comes to its own end says how it ended; one that was overtaken is continued as another.
  const told = ['RUNNING', 'COMPLETED', 'FAILED', 'CONTINUED_AS_NEW'].includes(execution.status.name);
  return {
    workflowId: execution.workflowId,
    runId: execution.runId,
    ...(image !== undefined && { image }),
    state: (told && attributes.get(searchAttributes.state)) || 'unknown',
    startedAt: execution.startTime.toISOString(),
    ...(execution.closeTime && { finishedAt: execution.closeTime.toISOString() }),
  };
}

async function readLatest(workflows: WorkflowReader, workflowId: string): Promise<PastRelease[]> {
  try {
    return [pastRelease(await workflows.getHandle(workflowId).describe())];
  } catch (error) {
    // None is kept: there has been none, or it is longer ago than the namespace keeps ended runs.
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

/**
 * The latest releases of a service in an environment, the newest first. Visibility lags behind by up to seconds, so the latest run
 * is read from Temporal itself: what it has overtaken must not pass for proven.
 * @see https://docs.temporal.io/visibility
 */
export async function readPastReleases(
  workflows: WorkflowReader,
  release: { service: string; environment: string },
): Promise<PastRelease[]> {
  const workflowId = releaseWorkflowId(release);
  const found = new Map<string, PastRelease>();
  for await (const execution of workflows.list({ query: `WorkflowId = '${workflowId}'`, pageSize: 100 })) {
    found.set(execution.runId, pastRelease(execution));
    if (found.size >= most) break;
  }
  for (const latest of await readLatest(workflows, workflowId)) found.set(latest.runId, latest);
  return [...found.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}
