import { RunbookError } from '../../core/errors.js';
import type { RunRecord } from '../../core/record.js';
import type { AbortRequest } from '../../workflows/messages.js';
import type { Session } from '../connection.js';
import { abort, choose } from './decide.js';
import type { RunReference } from './run-reference.js';

/**
 * Takes a run in flight back: the answer to a step that asks, at any other time an abort.
 * @throws RunbookError Locked where it goes back already.
 */
export async function takeBack(
  session: Session,
  run: RunReference,
  record: Pick<RunRecord, 'kind' | 'phase'>,
  why: AbortRequest,
): Promise<void> {
  if (record.phase === 'asking') await choose(session, run, { action: 'rollback', ...why });
  else {
    refuseAgain(run, record);
    await abort(session, run, why);
  }
}

/**
 * Asking twice for the same must not turn it round.
 * @throws RunbookError Locked.
 */
export function refuseAgain({ workflowId }: RunReference, { kind }: Pick<RunRecord, 'kind'>): void {
  if (kind !== 'rollback') return;
  const message = `${workflowId}: a rollback is in flight already; see "runbook watch ${workflowId}", or go forward again by "runbook abort ${workflowId}"`;
  throw new RunbookError('Locked', message);
}
