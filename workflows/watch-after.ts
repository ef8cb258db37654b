import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import type { SightInput } from '../activities/eyes.js';
import type { Observation } from '../activities/observation.js';
import { observing, watching } from './steps.js';

export interface WatchAfterInput {
  sight: SightInput;
  seconds: number;
  everySeconds: number;
  carried?: Observation;
  /** Set by a watch that goes on in a new history. */
  startedAtMs?: number;
  looks?: number;
}

export interface WatchAfterResult {
  verdict: 'good' | 'bad';
  reason: string;
  decidedAt: string;
  firstFailureAt?: string;
  failedRequests: number;
}

/** Soon after a release it is looked at more often. */
const soonSeconds = 600;
const soonEverySeconds = 15;

/** A history that holds so many looks is long enough; the watch goes on in a new one, with all that it knows. */
const looksPerHistory = 300;

/**
 * Looks at a release again and again, for hours or days. Between two looks nothing runs: a timer of Temporal waits. No look
 * misses anything, because each reads on from where the last one ended.
 */
export async function watchAfter(input: WatchAfterInput): Promise<WatchAfterResult> {
  const { sight, seconds, everySeconds, startedAtMs = Date.now() } = input;
  const eye = sight.judge.pods ? watching : observing;
  let { carried, looks = 0 } = input;
  for (let here = 0; ; here++) {
    const lasted = (Date.now() - startedAtMs) / 1000;
    const pause = lasted < soonSeconds ? Math.min(soonEverySeconds, everySeconds) : everySeconds;
    await sleep(Math.max(1, Math.min(pause, seconds - lasted)) * 1000, { summary: 'until the next look' });
    const summary = `look ${looks + 1}`;
    const seen = await eye.lookOnce.executeWithOptions({ summary }, [{ ...sight, ...(carried && { carried }) }]);
    carried = seen.carried;
    looks += 1;
    const { firstFailureAtSeconds: first, canary } = carried.judgement;
    const result = {
      decidedAt: new Date().toISOString(),
      failedRequests: canary.failed,
      ...(first !== undefined && { firstFailureAt: new Date(first * 1000).toISOString() }),
    };
    if (seen.harm !== undefined) return { verdict: 'bad', reason: seen.harm, ...result };
    if ((Date.now() - startedAtMs) / 1000 >= seconds && seen.trouble === undefined) {
      return { verdict: 'good', reason: `${looks} looks, no worse than the stable version was`, ...result };
    }
    if (here + 1 >= looksPerHistory || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof watchAfter>({ ...input, startedAtMs, looks, carried });
    }
  }
}
