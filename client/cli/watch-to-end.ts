import type { RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { exitCodeOf } from '../exit-code.js';
import type { RunReference } from '../runs/run-reference.js';
import type { Context } from './context.js';
import { lookOf } from './look.js';
import { showProgress } from './progress.js';
import { isReplaced, renderState } from './render/record.js';
import { wrap } from './render/text.js';
import { formatSpan } from './render/times.js';

interface WatchOptions {
  timeoutSeconds: number;
  /** Tell every change as a line of JSON on stdout. */
  jsonLines: boolean;
}

/** Watches a run to its end, with Ctrl-C as the way out of watching; sets the exit code by the outcome. */
export async function watchToEnd(
  { terminal, finish }: Context,
  session: Session,
  run: RunReference,
  options: WatchOptions,
): Promise<RunRecord> {
  const { followRun } = await import('../runs/follow-run.js');
  const aborter = new AbortController();
  const release = terminal.onInterrupt(() => aborter.abort());
  const progress = showProgress(terminal, options.jsonLines);
  try {
    const record = await followRun(session, run, {
      onRecord: (seen) => progress.record(seen),
      onTrouble: (trouble) => progress.trouble(trouble),
      live: progress.wantsLive,
      signal: aborter.signal,
      timeoutSeconds: options.timeoutSeconds,
    });
    if (record.outcome) finish(exitCodeOf(record.outcome));
    return record;
  } finally {
    progress.close();
    release();
  }
}

/** The last word on a run, for stdout; of one that was overtaken also what goes on in its place. */
export function sayOutcome({ terminal }: Context, record: RunRecord): void {
  const look = lookOf(terminal, terminal.stdout);
  const { words, width } = look;
  const time = formatSpan(record.startedAt, record.finishedAt, look);
  const ended = words.ended(record.workflowId, renderState(record, look), time);
  const text = `${ended}${record.outcome ? `: ${record.outcome.message}` : ''}`;
  terminal.stdout.write(`${wrap(text, width).join('\n')}\n`);
  if (isReplaced(record)) terminal.stderr.write(`${words.goesOn(record.workflowId, record.overtakenBy?.image)}\n`);
}

interface StartedOptions {
  detach?: boolean;
  /** In seconds. */
  timeout: number;
  json?: boolean;
}

/** What follows the start of a run: watching it to its end, or leaving at once. */
export async function watchStarted(
  context: Context,
  session: Session,
  started: Required<RunReference>,
  { detach, timeout, json }: StartedOptions,
): Promise<void> {
  const { stdout, stderr } = context.terminal;
  if (detach) {
    const { words } = lookOf(context.terminal, stderr);
    stdout.write(`${json ? JSON.stringify(started) : started.workflowId}\n`);
    stderr.write(`${words.started(started.workflowId)}; ${words.watchAgain(started.workflowId)}\n`);
    return;
  }
  const record = await watchToEnd(context, session, started, { timeoutSeconds: timeout, jsonLines: false });
  if (json) stdout.write(`${JSON.stringify(record)}\n`);
  else sayOutcome(context, record);
}
