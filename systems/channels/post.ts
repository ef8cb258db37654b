import type { z } from 'zod';
import { messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';
import { redact, redactValues } from '../../core/redact.js';

const timeoutMs = 10_000;
const longestQuote = 300;

/** A provider asks for patience: not before so many seconds. */
export class TryLater extends RunbookError {
  constructor(
    message: string,
    readonly afterSeconds: number,
  ) {
    super('SystemUnreachable', message);
  }
}

interface Post {
  /** Who is asked, in words: "telegram chat -100123". */
  where: string;
  url: string;
  headers?: Record<string, string>;
  body: string;
  /** What must be in no message about it. */
  secrets: readonly string[];
}

/** What came back. */
export interface Posted {
  status: number;
  /** The JSON of the body; undefined where it is none. */
  json: unknown;
  /** The same for people. */
  said: string;
  retryAfterSeconds?: number;
}

/**
 * Posts JSON once, and follows no redirection: what is in it is for this host alone.
 * @throws RunbookError SystemUnreachable without an answer: whether it was done is not known then.
 */
export async function post({ where, url, headers = {}, body, secrets }: Post): Promise<Posted> {
  const hide = (text: string) => redact(redactValues(text, secrets)).slice(0, longestQuote).trim();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return {
      status: response.status,
      json: parse(text),
      said: hide(text),
      ...(retryAfter >= 0 && { retryAfterSeconds: retryAfter }),
    };
  } catch (error) {
    // fetch() says only "fetch failed"; why stands in its cause.
    const why = hide(messageOf((error as { cause?: unknown }).cause ?? error));
    throw new RunbookError('SystemUnreachable', `${where}: expected an answer, found ${why}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'Forbidden';
  if (status === 404) return 'NotFound';
  return status === 429 || status >= 500 ? 'SystemUnreachable' : 'Refused';
}

/** Why a request was not done, as the table of errors has it; what is asked for patience is tried later. */
export function failureOf(where: string, { status, said, retryAfterSeconds }: Posted): RunbookError {
  const message = `${where}: expected it done, found HTTP ${status} (${said || 'nothing said'})`;
  const code = codeOf(status);
  return code === 'SystemUnreachable' && retryAfterSeconds !== undefined
    ? new TryLater(message, retryAfterSeconds)
    : new RunbookError(code, message);
}

/**
 * What a provider answers of something that it has done. One that cannot be understood is final: tried again, it would be done twice.
 * @throws RunbookError Refused.
 */
export function expectAnswer<Schema extends z.ZodType>(
  where: string,
  schema: Schema,
  answer: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RunbookError(
    'Refused',
    `${where}: expected an answer with ${issue?.path.join('.') ?? ''}, found another one`,
  );
}
