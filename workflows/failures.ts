import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { isErrorCode, messageOf, type ErrorCode } from '../core/errors.js';

/** Why something ended: a code of the error table and what to tell people. */
export interface Cause {
  code: ErrorCode;
  message: string;
}

/** The cause of anything that a workflow's code can catch. */
export function causeOf(error: unknown): Cause {
  if (isCancellation(error)) return { code: 'Aborted', message: 'the run was cancelled' };
  if (error instanceof ActivityFailure) {
    const { cause } = error;
    if (cause instanceof TimeoutFailure) {
      // The last attempt's own failure says more than that time ran out.
      return cause.cause
        ? causeOf(cause.cause)
        : { code: 'Unexpected', message: `${error.activityType}: no worker answered in time` };
    }
    return causeOf(cause);
  }
  if (error instanceof ApplicationFailure) {
    return { code: isErrorCode(error.type) ? error.type : 'Unexpected', message: error.message };
  }
  return { code: 'Unexpected', message: messageOf(error) };
}

/** A failure of the run itself, with a code of the table. */
export function failure(code: ErrorCode, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, code);
}
