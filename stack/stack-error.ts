/** A failure that a person can act on: its message says which, wanted, found and what to do next. */
export class StackError extends Error {
  override name = 'StackError';
}

/** The words of whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
