import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, NamespaceNotFoundError, TemporalFailure, ValueError } from '@temporalio/common';
import { isErrorCode, messageOf, RunbookError } from '../core/errors.js';

/** gRPC's status numbers that mean something to people here. */
export const grpcStatus = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unavailable: 14,
  unauthenticated: 16,
};

/** The innermost failure that carries a code of ours: activities and child workflows wrap it. */
export function findApplicationFailure(thrown: unknown): ApplicationFailure | undefined {
  if (thrown instanceof ApplicationFailure) return thrown;
  return thrown instanceof TemporalFailure ? findApplicationFailure(thrown.cause) : undefined;
}

/** What gRPC says, wrapped by the client or, of requests that the client has no words for, as it came. */
function fromService(error: unknown): RunbookError | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(cause)) return undefined;
  const text = cause.details || messageOf(error);
  const fail = (code: ConstructorParameters<typeof RunbookError>[0], message: string) =>
    new RunbookError(code, message, { cause: error });
  const status: number = cause.code;
  switch (status) {
    case grpcStatus.unavailable:
    case grpcStatus.deadlineExceeded:
      return fail('TemporalUnreachable', `Temporal does not answer (${text}); see "runbook doctor"`);
    case grpcStatus.permissionDenied:
    case grpcStatus.unauthenticated:
      return fail('Forbidden', `Temporal refuses access: ${text}; check TEMPORAL_API_KEY and TEMPORAL_NAMESPACE`);
    case grpcStatus.invalidArgument:
      return /search attribute/i.test(text)
        ? fail('InvalidSettings', `${text}; "runbook doctor" says how to register what is missing`)
        : fail('InvalidRequest', text);
    default:
      return undefined;
  }
}

/** What Temporal's client throws, as one of our failures where it is one that people can act on; else unchanged. */
export function explainFailure(thrown: unknown): unknown {
  if (thrown instanceof RunbookError) return thrown;
  if (thrown instanceof WorkflowFailedError || thrown instanceof WorkflowUpdateFailedError) {
    const failure = findApplicationFailure(thrown.cause);
    const code = isErrorCode(failure?.type) ? failure.type : undefined;
    const message = failure?.message ?? thrown.cause?.message ?? thrown.message;
    const fallback = thrown instanceof WorkflowUpdateFailedError ? 'Refused' : 'Unexpected';
    return new RunbookError(code ?? fallback, message, { cause: thrown });
  }
  if (thrown instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new RunbookError('TemporalUnreachable', `no worker took the request in time; ${workerHint}`, {
      cause: thrown,
    });
  }
  if (thrown instanceof WorkflowNotFoundError) return new RunbookError('NotFound', thrown.message, { cause: thrown });
  if (thrown instanceof NamespaceNotFoundError) {
    const message = `Temporal has no namespace "${thrown.namespace}"; set TEMPORAL_NAMESPACE, or create it`;
    return new RunbookError('NotFound', message, { cause: thrown });
  }
  // The key ring's refusals speak for themselves.
  if (thrown instanceof ValueError) {
    const message = thrown.message.includes('binary/encrypted')
      ? 'the payloads are encrypted; set RUNBOOK_KEYRING to the key ring file of the workers'
      : messageOf(thrown);
    return new RunbookError('InvalidSettings', message, { cause: thrown });
  }
  return fromService(thrown) ?? thrown;
}

/** What to do when nobody answers for the runs. */
export const workerHint = 'start a worker (npm run stack), or see "runbook doctor"';
