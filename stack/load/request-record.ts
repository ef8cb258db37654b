/** What became of one request. */
export interface RequestRecord {
  /** When it was sent, in milliseconds since 1970. */
  at: number;
  /** The HTTP status, or undefined when no answer came. */
  status?: number;
  /** Why no answer came. */
  error?: string;
  version: string;
  backend: string;
  durationMs: number;
  resent: boolean;
}

/** Failed is what a user would call failed: a server error, or no answer. */
export function isFailed(record: RequestRecord): boolean {
  return record.status === undefined || record.status >= 500;
}
