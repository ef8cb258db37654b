import type { WorkflowExecutionInfo } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import { searchAttributes } from '../../core/names.js';
import type { RunKind } from '../../core/record.js';
import type { Session } from '../connection.js';
import { kindOf, readMemo } from './run-memo.js';
import type { RunReference } from './run-reference.js';

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
  service?: string;
  environment?: string;
  state?: string;
}

const columns = { service: 'RunbookService', environment: 'RunbookEnvironment', state: 'RunbookState' } as const;

function queryOf(filter: RunFilter, open: boolean): string {
  const conditions = Object.entries(columns).flatMap(([field, column]) => {
    const value = filter[field as keyof RunFilter];
    if (value === undefined) return [];
    if (!/^[\w.-]+$/.test(value)) {
      throw new RunbookError('InvalidRequest', `${field}: expected letters, digits, "." and "-", found "${value}"`);
    }
    return [`${column} = '${value}'`];
  });
  const status = `ExecutionStatus ${open ? '=' : '!='} 'Running'`;
  return ['RunbookKind IS NOT NULL', status, ...conditions].join(' AND ');
}

function listedRun(execution: WorkflowExecutionInfo): ListedRun {
  const attributes = execution.typedSearchAttributes;
  const { requestedBy } = readMemo(execution.memo);
  const waitingFor = attributes.get(searchAttributes.waitingFor);
  const open = execution.status.name === 'RUNNING';
  const state = attributes.get(searchAttributes.state) ?? '';
  // Ended by force: the workflow had no chance to say so.
  const forced = ['TERMINATED', 'TIMED_OUT', 'CANCELLED'].includes(execution.status.name);
  return {
    workflowId: execution.workflowId,
    runId: execution.runId,
    kind: kindOf(execution.type),
    service: attributes.get(searchAttributes.service) ?? '',
    environment: attributes.get(searchAttributes.environment) ?? '',
    state: forced || state === '' ? execution.status.name.toLowerCase() : state,
    ...(open && waitingFor && { waitingFor }),
    ...(requestedBy && { requestedBy: requestedBy.name }),
    startedAt: execution.startTime.toISOString(),
    ...(execution.closeTime && { finishedAt: execution.closeTime.toISOString() }),
  };
}

/** Runs by visibility: open ones first, the newest first of each. */
export async function listRuns(session: Session, filter: RunFilter, limit: number): Promise<ListedRun[]> {
  const found: ListedRun[] = [];
  for (const open of [true, false]) {
    if (found.length >= limit) break;
    for await (const execution of session.client.workflow.list({ query: queryOf(filter, open), pageSize: 100 })) {
      found.push(listedRun(execution));
      if (found.length >= limit) break;
    }
  }
  return found;
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
  if (ids.length > 1) {
    const which = ids.map((id) => `  ${id}`).join('\n');
    throw new RunbookError('InvalidRequest', `"${name}" could be any of these; give the whole id:\n${which}`);
  }
  return exact(ids[0]);
}
