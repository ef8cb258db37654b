// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf, isPassing, pauseMs, send } from './api.mjs';
import { readEvents } from './events.mjs';
import { Failure, reasonOf } from './failure.mjs';
import { fieldsOf, textOf } from './text.mjs';

/** @import { Platform } from './platform.mjs' */

/** A connection on which nothing comes for so long is made anew: it may be one that nobody has closed. */
const silentMs = 90_000;

/**
 * What was seen of a run.
 * @typedef {object} Seen
 * @property {number} events how many have come
 * @property {string} lastId
 * @property {Record<string, unknown> | undefined} record
 * @property {{ at: string, what: string }[]} moments the last ones
 * @property {{ outcome: Record<string, unknown>, exitCode: number } | undefined} end
 */

/** @returns {Seen} */
export const nothingSeen = () => ({ events: 0, lastId: '', record: undefined, moments: [], end: undefined });

const keptMoments = 100;

/**
 * Follows a run to its end, over however many connections that takes.
 * @param {Platform} platform
 * @param {{ workflowId: string, runId: string }} run
 * @param {Seen} seen is filled
 * @param {{ say: (line: string) => void, moment: (moment: { at: string, what: string }) => void }} tell
 * @param {AbortSignal} signal ends it, whatever it waits for
 */
export async function followRun(platform, { workflowId, runId }, seen, { say, moment }, signal) {
  const path = workflowId.split('/').map(encodeURIComponent).join('/');
  const address = `/v1/runs/${path}/events?runId=${encodeURIComponent(runId)}`;
  for (let attempt = 0; ; attempt++) {
    const before = seen.events;
    let found = 'the stream has ended before the run';
    try {
      if (await readOnce(platform, address, seen, moment, signal)) return;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Failure) throw error;
      found = reasonOf(error);
    }
    if (seen.events > before) attempt = 0;
    // Once is nothing that anybody has to know: proxies close what lasts.
    if (attempt === 2) say(`the server cannot be reached (${found}); trying on, the run goes on`);
    await sleep(pauseMs(attempt), undefined, { signal });
  }
}

/**
 * One connection. Answers whether the run is at its end.
 * @param {Platform} platform
 * @param {string} address
 * @param {Seen} seen
 * @param {(moment: { at: string, what: string }) => void} moment
 * @param {AbortSignal} signal
 */
async function readOnce(platform, address, seen, moment, signal) {
  const silent = new AbortController();
  const watch = setTimeout(() => silent.abort(new Error(`nothing has come for ${silentMs / 1000} s`)), silentMs);
  const headers = { accept: 'text/event-stream', ...(seen.lastId !== '' && { 'last-event-id': seen.lastId }) };
  try {
    const both = AbortSignal.any([signal, silent.signal]);
    const response = await send(platform, address, { headers, signal: both });
    if (!response.ok) {
      const failure = await failureOf(response);
      throw isPassing(response.status) ? new Error(failure.message) : failure;
    }
    if (!response.body) throw new Error('an answer without a body');
    for await (const event of readEvents(response.body)) {
      watch.refresh();
      if (!event) continue;
      takeEvent(seen, event, moment);
      if (seen.end !== undefined) return true;
    }
    return false;
  } finally {
    clearTimeout(watch);
  }
}

/**
 * @param {Seen} seen
 * @param {import('./events.mjs').ServerEvent} event
 * @param {(moment: { at: string, what: string }) => void} moment
 */
function takeEvent(seen, { id, event, data }, moment) {
  const content = fieldsOf(JSON.parse(data));
  if (event === 'record') seen.record = content;
  if (event === 'moment') {
    const one = { at: textOf(content['at']), what: textOf(content['what']) };
    seen.moments = [...seen.moments, one].slice(-keptMoments);
    if (id !== undefined) seen.lastId = id;
    moment(one);
  }
  if (event === 'end') {
    const exitCode = Number.isInteger(content['exitCode']) ? Number(content['exitCode']) : 1;
    seen.end = { outcome: fieldsOf(content['outcome']), exitCode };
  }
  seen.events += 1;
}
