// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodeOf, Failure, reasonOf } from './failure.mjs';
import { keyOf } from './platform.mjs';
import { fieldsOf, onOneLine, textOf } from './text.mjs';

/** @import { Platform } from './platform.mjs' */

/** For so long a start is asked for again, by the same key. */
const patienceMs = 2 * 60_000;
const requestMs = 30_000;
const longestPauseMs = 15_000;

/** How long to wait before a further try: longer each time, and not all jobs at once. @param {number} attempt */
export function pauseMs(attempt) {
  return Math.min(longestPauseMs, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** Whether another try may find another answer. @param {number} status */
export const isPassing = (status) => status >= 500 || status === 429 || status === 408;

/**
 * Sends one request with a token; where that is refused, once more with another.
 * @param {Platform} platform
 * @param {string} path
 * @param {RequestInit} request
 */
export async function send({ settings, token }, path, request) {
  const url = new URL(`${settings.server.pathname.replace(/\/$/, '')}${path}`, settings.server);
  const ask = async (/** @type {string | undefined} */ refused) => {
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${await token(refused)}`);
    // A redirection would take the token along.
    return fetch(url, { ...request, headers, redirect: 'error' });
  };
  const response = await ask(undefined);
  if (response.status !== 401) return response;
  return ask((await failureOf(response)).message);
}

/**
 * An answer that is no success, as what ends the job: the words of the server, all of its problems.
 * @param {Response} response
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export async function failureOf(response) {
  const text = await response.text().catch(() => '');
  const { detail, title, code, problems } = readProblem(text);
  const lines = (Array.isArray(problems) ? problems : []).map((each) => {
    const { file, line, column, path, message } = fieldsOf(each);
    return onOneLine([`${textOf(file)}:${textOf(line)}:${textOf(column)}`, textOf(path), textOf(message)].join(' '));
  });
  const said = onOneLine(detail ?? title ?? 'no more than that');
  return new Failure([`${response.status} ${onOneLine(code)}: ${said}`, ...lines].join('\n'), exitCodeOf(code));
}

/** What stands before the server may answer as well, and not in JSON. @param {string} text */
function readProblem(text) {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

/**
 * Starts the run, or finds the one that an earlier try of this job has started.
 * @param {Platform} platform
 * @param {(line: string) => void} say
 * @param {AbortSignal} stopped
 * @returns {Promise<{ workflowId: string, runId: string, isNew: boolean }>}
 */
export async function startRun(platform, say, stopped) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': keyOf(platform) };
  const body = JSON.stringify(platform.settings.request);
  const end = Date.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    /** @type {string} */
    let found;
    try {
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(requestMs)]);
      const response = await send(platform, '/v1/runs', { method: 'POST', headers, body, signal });
      if (response.ok) return await startedRun(response);
      const failure = await failureOf(response);
      if (!isPassing(response.status)) throw failure;
      found = failure.message;
    } catch (error) {
      stopped.throwIfAborted();
      if (error instanceof Failure) throw error;
      found = reasonOf(error);
    }
    if (Date.now() > end) throw new Failure(`the server did not start the run within ${patienceMs / 1000} s: ${found}`);
    if (attempt === 0) say(`the server does not answer as it should (${found}); trying again`);
    await sleep(pauseMs(attempt), undefined, { signal: stopped });
  }
}

/** @param {Response} response */
async function startedRun(response) {
  const { workflowId, runId } = fieldsOf(await response.json());
  if (typeof workflowId !== 'string' || typeof runId !== 'string')
    throw new Failure('the server: expected the workflowId and runId of the run, found something else');
  return { workflowId: onOneLine(workflowId), runId: onOneLine(runId), isNew: response.status === 201 };
}
