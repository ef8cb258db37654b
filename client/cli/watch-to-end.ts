import type { RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { exitCodeOf } from '../exit-code.js';
import type { RunReference } from '../runs/run-reference.js';
import type { Context } from './context.js';
import { lookOf } from './look.js';
import { showProgress } from './progress.js';
import { renderState } from './render/record.js';
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
      livePoints: progress.wantsLivePoints,
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

/** The last word on a run, for stdout. */
export function sayOutcome({ terminal }: Context, record: RunRecord): void {
  const look = lookOf(terminal, terminal.stdout);
  const time = formatSpan(record.startedAt, record.finishedAt, look);
  const ended = look.words.ended(record.workflowId, renderState(record, look), time);
  const text = `${ended}${record.outcome ? `: ${record.outcome.message}` : ''}`;
  terminal.stdout.write(`${wrap(text, look.width).join('\n')}\n`);
}
