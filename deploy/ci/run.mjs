// @ts-check
import { startRun } from './api.mjs';
import { Failure, reasonOf } from './failure.mjs';
import { followRun, nothingSeen } from './follow.mjs';
import { statusOf, writeSummary } from './summary.mjs';
import { onOneLine } from './text.mjs';

/** @import { Platform } from './platform.mjs' */

/** @param {string} line */
const say = (line) => void process.stdout.write(`${line}\n`);

/** @param {{ at: string, what: string }} moment */
const sayMoment = ({ at, what }) => say(`${onOneLine(at.slice(11, 19), 8)} ${onOneLine(what)}`);

const unknown = 'before the server had told which run it is: it may go on all the same; see runbook list';

/**
 * Ends watching, and not the run: the job is cancelled, or its time is over.
 * @param {number} minutes
 * @param {() => string | undefined} started the run, once it is known
 */
function stopWatching(minutes, started) {
  const stop = new AbortController();
  const end = (/** @type {string} */ why, /** @type {number} */ exitCode) => {
    const run = started();
    const goesOn = run && `the run goes on; watch it: runbook watch ${run}; end it: runbook abort ${run}`;
    stop.abort(new Failure(goesOn ? `${why}; ${goesOn}` : `${why} ${unknown}`, exitCode));
  };
  const timer = setTimeout(() => end(`it has not ended after ${minutes} min`, 124), minutes * 60_000);
  for (const name of /** @type {const} */ (['SIGTERM', 'SIGINT']))
    process.once(name, () => end('the job was cancelled', 130));
  return { signal: stop.signal, clear: () => clearTimeout(timer) };
}

/** Where people see a run. @param {URL} server @param {{ workflowId: string, runId: string }} run */
function urlOf(server, { workflowId, runId }) {
  const path = workflowId.split('/').map(encodeURIComponent).join('/');
  return `${server.href.replace(/\/$/, '')}/#/runs/${path}?run=${encodeURIComponent(runId)}`;
}

/** Starts a run and follows it to its end. Answers the exit code. @param {Platform} platform */
export async function runAndFollow(platform) {
  const { server, timeoutMinutes } = platform.settings;
  /** @type {string | undefined} */
  let run;
  const stopped = stopWatching(timeoutMinutes, () => run);
  try {
    const started = await startRun(platform, say, stopped.signal);
    run = started.workflowId;
    const url = urlOf(server, started);
    say(`${run} ${started.isNew ? 'has been started' : 'was started by this job before'}: ${url}`);
    return await follow(platform, { ...started, run, url }, stopped.signal);
  } catch (error) {
    throw stopped.signal.aborted ? stopped.signal.reason : error;
  } finally {
    stopped.clear();
  }
}

/**
 * @param {Platform} platform
 * @param {{ run: string, runId: string, workflowId: string, url: string }} started
 * @param {AbortSignal} stopped
 */
async function follow(platform, started, stopped) {
  const { run, runId, url } = started;
  const seen = nothingSeen();
  const show = async (/** @type {string | undefined} */ why) => {
    const markdown = writeSummary(started, seen, why);
    await platform.show({ run, runId, status: statusOf(seen), url, markdown }).catch((/** @type {unknown} */ error) => {
      // What became of the run counts for more than a page about it.
      say(`the summary was not written: ${reasonOf(error)}`);
    });
  };
  // For a job that is killed: what it leaves says that the run goes on.
  await show('its job has not seen its end');
  try {
    await followRun(platform, started, seen, { say, moment: sayMoment }, stopped);
  } catch (error) {
    await show(reasonOf(stopped.aborted ? stopped.reason : error));
    throw error;
  }
  await show(undefined);
  const { outcome, exitCode } = seen.end ?? { outcome: {}, exitCode: 1 };
  const end = `${run}: ${onOneLine(outcome['name'])}: ${onOneLine(outcome['message'])}`;
  if (exitCode === 0) say(end);
  else platform.complain(end);
  return exitCode;
}
