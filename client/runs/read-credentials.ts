import { randomBytes } from 'node:crypto';
import type { CredentialStatus } from '../../core/credential.js';
import { RunbookError } from '../../core/errors.js';
import { runbooksQueue } from '../../core/names.js';
import type { Rotate } from '../../runbooks/rotate.js';
import type { Session } from '../connection.js';
import { workerHint } from '../failures.js';
import { countPollers } from './task-queues.js';

/**
 * How these credentials stand now: a worker reads their stores and tries what they hold.
 * @throws RunbookError TemporalUnreachable where no worker is there to look.
 */
export async function readCredentials(session: Session, runbooks: readonly Rotate[]): Promise<CredentialStatus[]> {
  if ((await countPollers(session, runbooksQueue)) === 0)
    throw new RunbookError('TemporalUnreachable', `no worker polls the queue "${runbooksQueue}"; ${workerHint}`);
  return session.client.workflow.execute<(input: { runbooks: readonly Rotate[] }) => Promise<CredentialStatus[]>>(
    'readCredentials',
    {
      workflowId: `credentials/${randomBytes(4).toString('hex')}`,
      taskQueue: runbooksQueue,
      args: [{ runbooks }],
      workflowExecutionTimeout: '5m',
    },
  );
}
