import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { errorTable, RunbookError } from '../core/errors.js';
import { redact } from '../core/redact.js';

/** A failure as Temporal carries it: the code is its type, the table says whether it is tried again. */
export function toApplicationFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure || error instanceof CancelledFailure) return error;
  if (error instanceof RunbookError) {
    const { code, message } = error;
    return ApplicationFailure.create({ type: code, message: redact(message), nonRetryable: !errorTable[code].retry });
  }
  const message = redact(error instanceof Error ? error.message : String(error));
  // The cause is left out: it may hold what the message was cleaned of.
  return ApplicationFailure.create({ type: 'Unexpected', message, nonRetryable: !errorTable.Unexpected.retry });
}

/** The one place where our failures become Temporal's. */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      throw toApplicationFailure(error);
    }
  }
}
