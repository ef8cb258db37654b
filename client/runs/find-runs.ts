import { WorkflowNotFoundError, type WorkflowExecutionInfo } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import { searchAttributes } from '../../core/names.js';
import type { RunKind } from '../../core/record.js';
import type { Session } from '../connection.js';
import { kindOf, readMemo } from './run-memo.js';
import type { RunReference } from './run-reference.js';
import { visibilityValue } from './visibility-value.js';

/** One run in a list, as visibility knows it. */
export interface ListedRun extends Required<RunReference> {
  kind: RunKind;
  service: string;
  environment: string;
  state: string;
  waitingFor?: string;
  requestedBy?: string;
  startedAt: string;
  finishedAt?: string;
}

export interface RunFilter {
  kind?: RunKind | undefined;
  service?: string | undefined;
  environment?: string | undefined;
  state?: string | undefined;
}

const columns = {
  kind: 'RunbookKind',
  service: 'RunbookService',
  environment: 'RunbookEnvironment',
  state: 'RunbookState',
} as const;

/** The state of a run whose place a newer release took. */
const overtaken = 'overtaken';

/** What visibility is asked for; open and ended ones together unless told which. */
export function queryOf(filter: RunFilter, open?: boolean): string {
  const conditions = Object.entries(columns).flatMap(([field, column]) => {
    const value = filter[field as keyof RunFilter];
    if (value === undefined) return [];
    // Temporal alone knows which runs a newer release has overtaken: they go on under another run id.
    if (column === 'RunbookState' && value === overtaken) return ["ExecutionStatus = 'ContinuedAsNew'"];
    return [`${column} = '${visibilityValue(field, value)}'`];
  });
  const status = open === undefined ? [] : [`ExecutionStatus ${open ? '=' : '!='} 'Running'`];
  return ['RunbookKind IS NOT NULL', ...status, ...conditions].join(' AND ');
}

function stateOf({ status, typedSearchAttributes }: WorkflowExecutionInfo): string {
  const state = typedSearchAttributes.get(searchAttributes.state) ?? '';
  if (status.name === 'CONTINUED_AS_NEW') return overtaken;
  // Ended by force: the workflow had no chance to say so.
  const forced = ['TERMINATED', 'TIMED_OUT', 'CANCELLED'].includes(status.name);
  return forced || state === '' ? status.name.toLowerCase() : state;
}

/** One line of a list. */
export function listedRun(execution: WorkflowExecutionInfo): ListedRun {
  const attributes = execution.typedSearchAttributes;
  const { requestedBy } = readMemo(execution.memo);
  const waitingFor = attributes.get(searchAttributes.waitingFor);
  const open = execution.status.name === 'RUNNING';
  return {
    workflowId: execution.workflowId,
    runId: execution.runId,
    kind: kindOf(execution.type),
    service: attributes.get(searchAttributes.service) ?? '',
    environment: attributes.get(searchAttributes.environment) ?? '',
    state: stateOf(execution),
    ...(open && waitingFor && { waitingFor }),
    ...(requestedBy && { requestedBy: requestedBy.name }),
    startedAt: execution.startTime.toISOString(),
    ...(execution.closeTime && { finishedAt: execution.closeTime.toISOString() }),
  };
}

/** Runs by visibility: open ones first, the newest first of each. */
export async function listRuns(session: Session, filter: RunFilter, limit: number): Promise<ListedRun[]> {
  // By run id: one that ends between the two queries is in both.
  const found = new Map<string, ListedRun>();
  for (const open of [true, false]) {
    if (found.size >= limit) break;
    for await (const execution of session.client.workflow.list({ query: queryOf(filter, open), pageSize: 100 })) {
      found.set(execution.runId, listedRun(execution));
      if (found.size >= limit) break;
    }
  }
  return [...found.values()];
}

/** Says which runs a name could mean. */
export function ambiguous(name: string, ids: readonly string[]): RunbookError {
  const which = ids.map((id) => `  ${id}`).join('\n');
  return new RunbookError('InvalidRequest', `"${name}" could be any of these; give the whole id:\n${which}`);
}

/**
 * The open run of a service, by its name or the whole id; undefined where none is open.
 * @throws RunbookError InvalidRequest that lists what could be meant.
 */
export async function findOpenRun(
  session: Session,
  name: string,
  environment?: string,
): Promise<Required<RunReference> | undefined> {
  if (name.includes('/')) return readIfOpen(session, name);
  const runs = await listRuns(session, { service: name, ...(environment !== undefined && { environment }) }, 200);
  const ids = [...new Set(runs.filter(({ finishedAt }) => !finishedAt).map(({ workflowId }) => workflowId))];
  if (ids.length > 1) throw ambiguous(name, ids);
  return ids[0] === undefined ? undefined : readIfOpen(session, ids[0]);
}

/** Visibility lags behind: Temporal itself says whether a run goes on. */
async function readIfOpen(session: Session, workflowId: string): Promise<Required<RunReference> | undefined> {
  try {
    const { runId, status } = await session.client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? { workflowId, runId } : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * The run that a person means: a workflow id, or a service that only one run can be meant by.
 * @throws RunbookError NotFound, or InvalidRequest that lists what could be meant.
 */
export async function findRun(session: Session, name: string, runId?: string): Promise<RunReference> {
  const exact = (workflowId: string): RunReference => ({ workflowId, ...(runId !== undefined && { runId }) });
  if (name.includes('/')) return exact(name);
  const runs = await listRuns(session, { service: name }, 200);
  const open = runs.filter(({ finishedAt }) => finishedAt === undefined);
  const ids = [...new Set((open.length > 0 ? open : runs).map(({ workflowId }) => workflowId))];
  if (ids[0] === undefined) {
    throw new RunbookError('NotFound', `no run of a service "${name}"; see "runbook list --all"`);
  }
  if (ids.length > 1) throw ambiguous(name, ids);
  return exact(ids[0]);
}
