/** What happens after a failure with this code: is it tried again, and what do HTTP callers and shells see. */
interface ErrorRule {
  retry: boolean;
  httpStatus: number;
  exitCode: number;
}

/** Every failure the product can report. Nothing else decides about retries, HTTP statuses or exit codes. */
export const errorTable = {
  InvalidRunbook: { retry: false, httpStatus: 422, exitCode: 2 },
  InvalidSettings: { retry: false, httpStatus: 500, exitCode: 2 },
  InvalidRequest: { retry: false, httpStatus: 422, exitCode: 2 },
  Unauthenticated: { retry: false, httpStatus: 401, exitCode: 1 },
  TooMany: { retry: true, httpStatus: 429, exitCode: 1 },
  NotFound: { retry: false, httpStatus: 404, exitCode: 1 },
  Forbidden: { retry: false, httpStatus: 403, exitCode: 1 },
  Refused: { retry: false, httpStatus: 422, exitCode: 1 },
  Conflict: { retry: true, httpStatus: 409, exitCode: 1 },
  ClusterUnreachable: { retry: true, httpStatus: 503, exitCode: 1 },
  MetricsUnreachable: { retry: true, httpStatus: 503, exitCode: 1 },
  AlertingUnreachable: { retry: true, httpStatus: 503, exitCode: 1 },
  TemporalUnreachable: { retry: true, httpStatus: 503, exitCode: 1 },
  SystemUnreachable: { retry: true, httpStatus: 503, exitCode: 1 },
  RolloutFailed: { retry: false, httpStatus: 500, exitCode: 3 },
  MigrationFailed: { retry: false, httpStatus: 500, exitCode: 3 },
  SmokeTestFailed: { retry: false, httpStatus: 500, exitCode: 3 },
  CanaryBad: { retry: false, httpStatus: 500, exitCode: 3 },
  CanaryUnseen: { retry: false, httpStatus: 500, exitCode: 3 },
  ReadBackFailed: { retry: true, httpStatus: 500, exitCode: 1 },
  PointOfNoReturn: { retry: false, httpStatus: 409, exitCode: 6 },
  Overtaken: { retry: false, httpStatus: 409, exitCode: 3 },
  Aborted: { retry: false, httpStatus: 409, exitCode: 3 },
  Rejected: { retry: false, httpStatus: 409, exitCode: 4 },
  ApprovalExpired: { retry: false, httpStatus: 409, exitCode: 5 },
  Locked: { retry: false, httpStatus: 409, exitCode: 6 },
  Frozen: { retry: false, httpStatus: 409, exitCode: 6 },
  NotProven: { retry: false, httpStatus: 409, exitCode: 6 },
  // The world was taken back and yet is not as it was: for a shell, not undone.
  Inconsistent: { retry: false, httpStatus: 500, exitCode: 8 },
  NotUndone: { retry: false, httpStatus: 500, exitCode: 8 },
  // Somebody still logs in with what was to be retired: it was not.
  StillUsed: { retry: false, httpStatus: 409, exitCode: 3 },
  // Some of several are done, and stay so; what is left is known by name.
  PartlyDone: { retry: false, httpStatus: 409, exitCode: 1 },
  StoreUnreachable: { retry: true, httpStatus: 503, exitCode: 1 },
  StoreFull: { retry: false, httpStatus: 507, exitCode: 1 },
  SourceFailed: { retry: false, httpStatus: 500, exitCode: 1 },
  WrongKey: { retry: false, httpStatus: 422, exitCode: 1 },
  BackupCorrupt: { retry: false, httpStatus: 500, exitCode: 9 },
  DrillMissed: { retry: false, httpStatus: 500, exitCode: 9 },
  WatchTimedOut: { retry: false, httpStatus: 504, exitCode: 124 },
  Detached: { retry: false, httpStatus: 202, exitCode: 130 },
  Unexpected: { retry: true, httpStatus: 500, exitCode: 1 },
} satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof errorTable;

/** Tells whether a failure type that came over the wire is one of ours. */
export function isErrorCode(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && Object.hasOwn(errorTable, type);
}

/** A failure with a code of the table. Its message says which, wanted, found, next. */
export class RunbookError extends Error {
  override readonly name = 'RunbookError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The message of anything that was thrown; of a connection that failed on several addresses, its code. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { message, code } = thrown as { message?: unknown; code?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : 'an error without a message';
}
