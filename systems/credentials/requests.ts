import { messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';
import { placeholder } from '../../core/placeholder.js';
import { redact, redactValues } from '../../core/redact.js';

const requestMs = 10_000;
const longestQuote = 300;

/** A request with placeholders: as {user}. */
export interface RequestTemplate {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  json?: Record<string, unknown> | undefined;
}

/** What is put in, by name. */
export type RequestValues = Readonly<Record<string, string>>;

/** What came back. */
export interface Answer {
  status: number;
  /** The JSON of the body; undefined where it is none. */
  body: unknown;
  /** The body without what was put into the request, for people. */
  said: string;
}

function fill(text: string, values: RequestValues, encode: (value: string) => string = (value) => value): string {
  return text.replace(placeholder, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encode(value);
  });
}

/** A colon may stand in a path, and Telegram has one in its tokens. */
const inUrl = (value: string) => encodeURIComponent(value).replaceAll('%3A', ':');

function fillAll(json: unknown, values: RequestValues): unknown {
  if (typeof json === 'string') return fill(json, values);
  if (Array.isArray(json)) return json.map((each) => fillAll(each, values));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, each]) => [key, fillAll(each, values)]));
}

/** Takes values out of a text, however they were written into it. */
export function hideValues(text: string, values: readonly string[]): string {
  return redact(redactValues(text, [...values, ...values.map(inUrl)]));
}

/**
 * Sends a request once, and follows no redirection: what is in it is for this host alone.
 * @throws RunbookError SystemUnreachable without an answer; whether it was done is not known then.
 */
export async function send(template: RequestTemplate, values: RequestValues): Promise<Answer> {
  const { method, url, headers = {}, json } = template;
  // Who and which run are no secrets: people have to know of what a message speaks.
  const { user: _, run: __, ...secrets } = values;
  const hide = (text: string) => hideValues(text, Object.values(secrets)).slice(0, longestQuote);
  try {
    const response = await fetch(fill(url, values, inUrl), {
      method,
      headers: {
        ...(json && { 'content-type': 'application/json' }),
        ...Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text, values)])),
      },
      signal: AbortSignal.timeout(requestMs),
      redirect: 'manual',
      ...(json && { body: JSON.stringify(fillAll(json, values)) }),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), said: hide(text) };
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    throw new RunbookError(
      'SystemUnreachable',
      `${method} ${url}: expected an answer, found ${hide(messageOf(cause ?? error))}`,
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What stands at a path of an answer, as "data.key". */
export function findAt(body: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, name) => {
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined;
  }, body);
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'Forbidden';
  if (status === 404) return 'NotFound';
  return status === 429 || status >= 500 ? 'SystemUnreachable' : 'Refused';
}

/** The answer of a request that must go well. What it says is not quoted where it could be a new secret. @throws RunbookError Forbidden, NotFound, Refused, SystemUnreachable. */
export async function demand(
  template: RequestTemplate,
  values: RequestValues,
  { alsoGood = [], quoted = true }: { alsoGood?: readonly number[]; quoted?: boolean } = {},
): Promise<Answer> {
  const answer = await send(template, values);
  if ((answer.status >= 200 && answer.status < 300) || alsoGood.includes(answer.status)) return answer;
  const { method, url } = template;
  throw new RunbookError(
    codeOf(answer.status),
    `${method} ${url}: expected it done, found HTTP ${answer.status}${quoted ? ` (${answer.said || 'nothing said'})` : ''}`,
  );
}

/** Where a request goes, without what is put into it. */
export function hostOf({ url }: { url: string }): string {
  return new URL(url.replace(placeholder, 'x')).host;
}
