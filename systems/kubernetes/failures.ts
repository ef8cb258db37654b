import { messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';

/** An answer of the API server that is no success. */
export class ApiFailure extends RunbookError {
  constructor(
    readonly status: number,
    readonly reason: string,
    code: ErrorCode,
    message: string,
  ) {
    super(code, message);
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'Forbidden';
  if (status === 404) return 'NotFound';
  if (status === 409) return 'Conflict';
  if (status === 400 || status === 422) return 'Refused';
  // 429 and 5xx: the server is there and asks for patience.
  return 'ClusterUnreachable';
}

const next: Partial<Record<ErrorCode, string>> = {
  Forbidden: 'give the worker’s account this right; "runbook doctor" lists what it needs',
  NotFound: 'check the name and the namespace in the runbook',
};

/** The failure that an API answer means: which request, what the server said, what to do. */
export function apiFailure(request: string, status: number, body: string): ApiFailure {
  let said = body.slice(0, 500);
  let reason = '';
  try {
    const parsed = JSON.parse(body) as { message?: string; reason?: string };
    said = parsed.message ?? said;
    reason = parsed.reason ?? '';
  } catch {
    // Not a Status object: a proxy in between answered; its text is all there is.
  }
  const code = codeOf(status);
  const hint = next[code];
  return new ApiFailure(status, reason, code, `${request}: ${said} (HTTP ${status})${hint ? `; ${hint}` : ''}`);
}

/** The failure that a broken connection means. */
export function connectionFailure(server: string, cause: unknown): RunbookError {
  const message = `cluster ${server}: expected an answer, found ${messageOf(cause) || 'a broken connection'}; check KUBECONFIG and the network`;
  return new RunbookError('ClusterUnreachable', message, { cause });
}

/** Tells whether an object is simply not there (not: its kind is unknown to the cluster). */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof ApiFailure) || error.status !== 404 || error.reason !== 'NotFound') return false;
  return !error.message.includes('the server could not find the requested resource');
}
