import { messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';
import { redact } from '../../core/redact.js';

interface FlagRequest {
  /** What is asked, in words: "unleash flag new-cart in production". */
  what: string;
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: unknown;
  timeoutMs: number;
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'Forbidden';
  if (status === 404) return 'NotFound';
  if (status === 409) return 'Conflict';
  // 429 and 5xx: the server is there and asks for patience.
  if (status === 429 || status >= 500) return 'SystemUnreachable';
  return 'Refused';
}

const next: Partial<Record<ErrorCode, string>> = {
  Forbidden: 'check wayBack.flag.tokenFile and what its token may do',
  NotFound: 'check the flag, project and environment of wayBack.flag',
  SystemUnreachable: 'check wayBack.flag.url and the network',
};

/**
 * One request to a flag server, and its JSON. Redirects are not followed: the token is for this server alone.
 * @throws RunbookError Forbidden, NotFound, Conflict, Refused, SystemUnreachable.
 */
export async function askFlagServer({ what, method, url, headers, body, timeoutMs }: FlagRequest): Promise<unknown> {
  // A server may say the token that it refuses.
  const token = headers['authorization']?.replace(/^Bearer /, '') ?? '';
  const fail = (code: ErrorCode, found: string) => {
    const hint = next[code];
    const said = redact(token === '' ? found : found.replaceAll(token, '•••'))
      .slice(0, 300)
      .trimEnd();
    return new RunbookError(code, `${what}: expected an answer, found ${said}${hint ? `; ${hint}` : ''}`);
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
    });
    text = await response.text();
  } catch (error) {
    // fetch() says only "fetch failed"; why stands in its cause.
    throw fail('SystemUnreachable', messageOf((error as { cause?: unknown }).cause ?? error));
  }
  if (!response.ok) throw fail(codeOf(response.status), `HTTP ${response.status} ${text}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw fail('SystemUnreachable', 'one that is not JSON');
  }
}
