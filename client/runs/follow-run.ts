import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../core/errors.js';
import type { RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { explainFailure } from '../failures.js';
import { addLivePoints } from './live-points.js';
import { addLiveProgress } from './live-progress.js';
import { queryRecord, readRecord } from './read-record.js';
import type { RunReference } from './run-reference.js';

/** How often a run is looked at: often while it acts, seldom while people think. */
const pollMs = { busy: 400, waiting: 1000 };

/** How long Temporal may be away before the watcher gives up. The run itself goes on. */
const patienceMs = 60_000;

/** Why there is no news at the moment. */
export type Trouble = 'noWorker' | 'noTemporal';

export interface Follower {
  onRecord(record: RunRecord): void;
  onTrouble(trouble: Trouble): void;
  /** Adds what a step that goes on has seen so far: a canary's comparison, a backup's bytes. */
  live: boolean;
  signal: AbortSignal;
  timeoutSeconds: number;
}

async function look(session: Session, run: RunReference, live: boolean): Promise<RunRecord | undefined> {
  const seen = await queryRecord(session, run);
  if (seen && seen.phase !== 'finished')
    return live ? addLiveProgress(session, run, await addLivePoints(session, run, seen)) : seen;
  const { record, withoutWorker } = await readRecord(session, run);
  return withoutWorker ? undefined : record;
}

/** A look that ends when the watcher leaves. The client never takes its listeners off, so each look has a signal of its own. */
async function lookUnlessLeft(
  session: Session,
  run: RunReference,
  { signal, live }: Follower,
): Promise<RunRecord | undefined> {
  const aborter = new AbortController();
  const leave = () => aborter.abort();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await session.connection.withAbortSignal(aborter.signal, () => look(session, run, live));
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function interruption(run: RunReference, follower: Follower, deadline: number): RunbookError | undefined {
  const again = `the run goes on; watch it again with "runbook watch ${run.workflowId}"`;
  if (follower.signal.aborted) return new RunbookError('Detached', again);
  return Date.now() >= deadline ? new RunbookError('WatchTimedOut', `time is up; ${again}`) : undefined;
}

/** Sleeps until the next look; wakes up at once when the watcher leaves. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  // The only rejection is the abort, which the loop sees for itself.
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

/**
 * Watches a run to its end and tells each change once.
 * @throws RunbookError WatchTimedOut, Detached; TemporalUnreachable when it is away for a minute. The run goes on.
 */
export async function followRun(session: Session, run: RunReference, follower: Follower): Promise<RunRecord> {
  const deadline = Date.now() + follower.timeoutSeconds * 1000;
  let told = '';
  let lastAnswer = Date.now();
  // The run that is seen first is watched to its end, also when a newer one takes its place.
  let watched = run;
  for (;;) {
    const stop = interruption(run, follower, deadline);
    if (stop) throw stop;
    let wait = pollMs.busy;
    try {
      const record = await lookUnlessLeft(session, watched, follower);
      lastAnswer = Date.now();
      if (!record) follower.onTrouble('noWorker');
      else {
        watched = { workflowId: run.workflowId, runId: record.runId };
        const text = JSON.stringify(record);
        if (text !== told) follower.onRecord(record);
        told = text;
        if (record.phase === 'finished' && record.outcome) return record;
        if (record.phase === 'waiting' || record.phase === 'asking') wait = pollMs.waiting;
      }
    } catch (error) {
      const explained = explainFailure(error);
      const passing = explained instanceof RunbookError && explained.code === 'TemporalUnreachable';
      if (!follower.signal.aborted && (!passing || Date.now() - lastAnswer > patienceMs)) throw explained;
      if (!follower.signal.aborted) follower.onTrouble('noTemporal');
    }
    await rest(Math.max(0, Math.min(wait, deadline - Date.now())), follower.signal);
  }
}
