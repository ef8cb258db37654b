import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
} from '@temporalio/workflow';
import type { ErrorCode } from '../core/errors.js';
import type { OutcomeName, RunRecord } from '../core/record.js';
import { causeOf, type Cause } from './failures.js';
import type { Orders } from './orders.js';
import type { Run } from './run.js';

const endsBeforeActing: Partial<Record<ErrorCode, OutcomeName>> = { Rejected: 'rejected', ApprovalExpired: 'expired' };

/** Why a run ends before its time: somebody's order goes before the failure that it causes. */
export function causeOfEnd({ abort, overtaking }: Orders, error: unknown): Cause {
  const said = (comment?: string) => (comment ? `: ${comment}` : '');
  if (abort) return { code: 'Aborted', message: `aborted by ${abort.by}${said(abort.comment)}` };
  if (!overtaking) return causeOf(error);
  const { by, comment, kind, input } = overtaking;
  return { code: 'Overtaken', message: `overtaken by ${input.runbook.image ?? kind} of ${by}${said(comment)}` };
}

function describeLeft({ backup, rotations = [] }: RunRecord): string {
  if (rotations.some(({ state }) => state !== 'waiting')) return 'what was replaced stays so';
  return backup === undefined ? 'nothing was changed' : `backup ${backup} is committed, and stays`;
}

/** Takes back what was done, and says how that went. */
export async function settle(run: Run, cause: Cause, leave: boolean): Promise<void> {
  const { record } = run;
  // A drill takes its scratch place down before its end.
  if (run.undo.isEmpty && record.undone.length === 0) {
    const name = endsBeforeActing[cause.code] ?? 'failed';
    const left = describeLeft(record);
    record.outcome = { name, ...cause, message: `${cause.message}; ${left}` };
    return;
  }
  if (leave) {
    const message = `${cause.message}; everything was left as it stands`;
    record.outcome = { name: 'notUndone', code: 'NotUndone', message };
    return;
  }
  if (run.pointOfNoReturn !== undefined) {
    const message = `${cause.message}; NOT taken back, past the point of no return: ${run.pointOfNoReturn}`;
    record.outcome = { name: 'notUndone', code: 'NotUndone', message };
    return;
  }
  run.enter('undoing');
  await run.undo.unwind((undone) => {
    record.undone.push(undone);
    run.changed();
  });
  const failed = record.undone.filter(({ error }) => error !== undefined);
  record.outcome =
    failed.length === 0
      ? { name: 'undone', code: cause.code, message: `${cause.message}; everything was taken back` }
      : {
          name: 'notUndone',
          code: 'NotUndone',
          message: `${cause.message}; NOT taken back: ${failed.map(({ name, error }) => `${name} (${error})`).join('; ')}`,
        };
}

/**
 * Ends the workflow: completed after success, else failed with the outcome's code and the whole record. Where a newer release
 * waits for the place it goes on as that, unless something of this one could not be taken back.
 */
export async function close(run: Run, { overtaking }: Orders): Promise<RunRecord> {
  const { record } = run;
  record.finishedAt = new Date().toISOString();
  run.enter('finished');
  // A run that was cancelled from outside would not wait, and lose its record.
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  await run.teller.ended();
  const { outcome } = record;
  if (outcome?.code === undefined) return record;
  if (overtaking && outcome.name !== 'notUndone') {
    await makeContinueAsNewFunc({ workflowType: overtaking.kind, memo: overtaking.memo })(overtaking.input);
  }
  throw ApplicationFailure.create({
    message: outcome.message,
    type: outcome.code,
    nonRetryable: true,
    details: [record],
  });
}
