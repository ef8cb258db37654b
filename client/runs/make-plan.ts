import { randomBytes } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import { RunbookError } from '../../core/errors.js';
import { runbooksQueue } from '../../core/names.js';
import type { Plan } from '../../core/record.js';
import type { Session } from '../connection.js';
import { workerHint } from '../failures.js';
import { countPollers } from './task-queues.js';
import type { PreparedRun } from './start-run.js';

const planTimeout = '60s';
const planTypes = {
  deploy: 'planDeploy',
  canary: 'planCanary',
  blueGreen: 'planBlueGreen',
  rollback: 'planRollback',
  train: 'planTrain',
  backup: 'planBackup',
  drill: 'planDrill',
  restore: 'planRestore',
  beat: 'planBeat',
  rotate: 'planRotate',
  credentials: 'planCredentials',
} as const;

/**
 * What a run would do now. Changes nothing.
 * @throws RunbookError TemporalUnreachable when no worker is there to make it.
 */
export async function makePlan(session: Session, prepared: PreparedRun): Promise<Plan> {
  if ((await countPollers(session, runbooksQueue)) === 0) {
    throw new RunbookError('TemporalUnreachable', `no worker polls the queue "${runbooksQueue}"; ${workerHint}`);
  }
  const { runbook } = prepared;
  try {
    return await session.client.workflow.execute<(input: PreparedRun) => Promise<Plan>>(planTypes[runbook.kind], {
      workflowId: `plan/${runbook.environment}/${runbook.service}/${randomBytes(4).toString('hex')}`,
      taskQueue: runbooksQueue,
      args: [prepared],
      workflowExecutionTimeout: planTimeout,
    });
  } catch (error) {
    if (!(error instanceof WorkflowFailedError && error.cause instanceof TimeoutFailure)) throw error;
    const message = `no worker made the plan within ${planTimeout}; ${workerHint}`;
    throw new RunbookError('TemporalUnreachable', message, { cause: error });
  }
}
