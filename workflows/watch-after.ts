import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import type { SightInput } from '../activities/eyes.js';
import type { LookResult } from '../activities/judging.js';
import type { Observation } from '../activities/observation.js';
import { formatSeconds } from '../core/duration.js';
import { observing, watching } from './steps.js';

export interface WatchAfterInput {
  sight: SightInput;
  seconds: number;
  everySeconds: number;
  carried?: Observation;
  /** Set by a watch that goes on in a new history. */
  startedAtMs?: number;
  seenAtMs?: number;
  looks?: number;
}

export interface WatchAfterResult {
  verdict: 'good' | 'bad' | 'unseen';
  reason: string;
  decidedAt: string;
  firstFailureAt?: string;
  failedRequests: number;
  /** None in watches that began before they could be asked about. */
  carried?: Observation;
}

/** Soon after a release it is looked at more often. */
const soonSeconds = 600;
const soonEverySeconds = 15;

/** A history that holds so many looks is long enough; the watch goes on in a new one, with all that it knows. */
const looksPerHistory = 300;

interface Watched {
  startedAtMs: number;
  /** When everything could last be seen. */
  seenAtMs: number;
  looks: number;
}

function decide(
  { sight, seconds }: WatchAfterInput,
  { harm, trouble }: LookResult,
  { startedAtMs, seenAtMs, looks }: Watched,
): Pick<WatchAfterResult, 'verdict' | 'reason'> | undefined {
  if (harm !== undefined) return { verdict: 'bad', reason: harm };
  const now = Date.now();
  if (trouble === undefined)
    return now - startedAtMs >= seconds * 1000
      ? { verdict: 'good', reason: `${looks} looks, no worse than the stable version was` }
      : undefined;
  const { after, then } = sight.judge.unseen;
  const blindMs = now - seenAtMs;
  if (then === 'hold' || blindMs <= after * 1000) return undefined;
  return { verdict: 'unseen', reason: `cannot see: ${trouble}; for ${formatSeconds(Math.round(blindMs / 1000))}` };
}

/**
 * Looks at a release again and again, for hours or days. Between two looks nothing runs: a timer of Temporal waits. No look
 * misses anything, because each reads on from where the last one ended.
 */
export async function watchAfter(input: WatchAfterInput): Promise<WatchAfterResult> {
  const { sight, seconds, everySeconds, startedAtMs = Date.now() } = input;
  const eye = sight.judge.pods ? watching : observing;
  let { carried, looks = 0, seenAtMs = Date.now() } = input;
  for (;;) {
    const lasted = (Date.now() - startedAtMs) / 1000;
    const pause = lasted < soonSeconds ? Math.min(soonEverySeconds, everySeconds) : everySeconds;
    // Past its time, a watch that cannot see looks as often as before.
    const left = seconds > lasted ? seconds - lasted : pause;
    await sleep(Math.max(1, Math.min(pause, left)) * 1000, { summary: 'until the next look' });
    const summary = `look ${looks + 1}`;
    const seen = await eye.lookOnce.executeWithOptions({ summary }, [{ ...sight, ...(carried && { carried }) }]);
    carried = seen.carried;
    looks += 1;
    if (seen.trouble === undefined) seenAtMs = Date.now();
    const verdict = decide(input, seen, { startedAtMs, seenAtMs, looks });
    const { firstFailureAtSeconds: first, canary } = carried.judgement;
    if (verdict) {
      return {
        ...verdict,
        decidedAt: new Date().toISOString(),
        failedRequests: canary.failed,
        ...(first !== undefined && { firstFailureAt: new Date(first * 1000).toISOString() }),
        carried,
      };
    }
    if (looks % looksPerHistory === 0 || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof watchAfter>({ ...input, startedAtMs, seenAtMs, looks, carried });
    }
  }
}
