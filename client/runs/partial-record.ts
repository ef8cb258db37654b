import type { WorkflowExecutionInfo } from '@temporalio/client';
import { searchAttributes } from '../../core/names.js';
import type { Phase, RunRecord } from '../../core/record.js';
import { kindOf, readMemo } from './run-memo.js';

type KnownExecution = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'type' | 'startTime' | 'closeTime' | 'memo' | 'typedSearchAttributes'
>;

/** Where a run may stand that goes on. */
export const openPhases: readonly Phase[] = ['planning', 'waiting', 'acting', 'asking', 'undoing'];

/** What Temporal itself knows of a run, as a record: for runs whose worker is away or that were ended by force. */
export function recordOfDescription(execution: KnownExecution): RunRecord {
  const { title, requestedBy, reason } = readMemo(execution.memo);
  const [, environment = '', service = ''] = execution.workflowId.split('/');
  const attributes = execution.typedSearchAttributes;
  const waitingFor = attributes.get(searchAttributes.waitingFor);
  return {
    workflowId: execution.workflowId,
    runId: execution.runId,
    kind: kindOf(execution.type),
    service: attributes.get(searchAttributes.service) ?? service,
    environment: attributes.get(searchAttributes.environment) ?? environment,
    title: title ?? execution.workflowId,
    requestedBy: requestedBy ?? { name: 'unknown', trust: 'claimed' },
    ...(reason !== undefined && { reason }),
    phase: openPhases.find((phase) => phase === attributes.get(searchAttributes.state)) ?? 'planning',
    ...(waitingFor && { waitingFor }),
    startedAt: execution.startTime.toISOString(),
    gates: [],
    votes: [],
    steps: [],
    undone: [],
  };
}
