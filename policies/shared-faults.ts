import { chanceOfAtLeast, chanceOfOwnEvents } from './chance.js';
import { upperBound, type Trials } from './evidence.js';
import { trialsOf, trialsSince, type Look, type Measure } from './looks.js';

/** Windows in which a fault of both sides is looked for: the last look alone, because it may just have begun, and longer ones. */
const windowsSeconds = [0.5, 3, 10, 30];

/** A rise of the stable version's share that chance gives less often than this is one. */
const rise = 0.05;
/** The same where both sides are seen at different times: what is passed over there is lost. */
const riseUnaligned = 0.01;

/** The stable version's share is known this well: one standard deviation above what it has shown. */
const deviations = 1;

/** Nothing fails never: a share below this is not believed. */
const smallestShare = 5e-4;

/** Two sides whose samples are at most this far apart are seen at the same time. */
export const alignedSeconds = 2;

function expectedShare({ trials, events }: Trials): number {
  return Math.max(smallestShare, (events + 0.5) / (trials + 1));
}

/**
 * The share of events that the canary is allowed now: what the stable version has shown, or shows at this moment where that is
 * more than chance. A fault that both sides have is no fault of the canary.
 */
export function allowedShare(total: Trials, recent: readonly Look[], measure: Measure, atSeconds: number): number {
  // A version that was never seen says nothing of what is usual, and must not excuse everything: errors of the server are never usual.
  if (total.trials === 0 && measure === 'failed') return smallestShare;
  const expected = expectedShare(total);
  return windowsSeconds.reduce(
    (allowed, seconds) => {
      const window = trialsSince(recent, atSeconds - seconds, 'stable', measure);
      // No more than expected is no rise: most looks end here.
      const more = window.events > window.trials * expected;
      const risen = more && chanceOfAtLeast(window.events, window.trials * expected) < rise;
      return risen ? Math.max(allowed, upperBound(window, deviations)) : allowed;
    },
    Math.max(smallestShare, upperBound(total, deviations)),
  );
}

/**
 * Whether the stable version is in trouble now. Where the two sides are seen at different times (Prometheus scrapes each pod at
 * its own), one cannot say how much of a shared fault each has seen: such looks are no evidence.
 */
export function isSharedFault(
  total: Trials,
  recent: readonly Look[],
  measure: Measure,
  { atSeconds, scrapeSeconds }: { atSeconds: number; scrapeSeconds: number },
): boolean {
  const expected = expectedShare(total);
  const risen = (window: Trials) =>
    window.events > window.trials * expected &&
    chanceOfAtLeast(window.events, window.trials * expected) < riseUnaligned;
  const span = atSeconds - 2 * scrapeSeconds;
  return (
    [scrapeSeconds, 2 * scrapeSeconds].some((seconds) =>
      risen(trialsSince(recent, atSeconds - seconds, 'stable', measure)),
    ) || recent.some((look) => look.atSeconds > span && risen(trialsOf(look.stable, measure)))
  );
}

/** How far back the canary is compared with what the stable version answered at the same time. */
export const concurrentSeconds = 30;
const concurrentTrials = 60;
const coincidence = 0.025;
/** Where the stable version answers little, a short fault of both may by chance hit the canary alone: more is asked for. */
const fewConcurrentTrials = 100;
const coincidenceOfFew = 0.005;

/** Whether the canary is worse than the stable version at the same time: at least so much must hold before a verdict. */
export function isWorseNow(recent: readonly Look[], measure: Measure, atSeconds: number): boolean {
  let from = atSeconds - concurrentSeconds;
  let trials = trialsSince(recent, from, 'canary', measure).trials;
  for (let index = recent.length - 1; index >= 0 && trials < concurrentTrials; index--) {
    const look = recent[index] as Look;
    if (look.atSeconds > from) continue;
    from = look.atSeconds - Number.EPSILON * look.atSeconds;
    trials += trialsOf(look.canary, measure).trials;
  }
  const own = trialsSince(recent, from, 'canary', measure);
  const other = trialsSince(recent, from, 'stable', measure);
  // Without a stable version at the same time there is nothing to compare with: after 100 % of the traffic.
  if (other.trials === 0) return true;
  const share = own.trials / (own.trials + other.trials);
  const few = trialsSince(recent, atSeconds - concurrentSeconds, 'stable', measure).trials < fewConcurrentTrials;
  const limit = few ? coincidenceOfFew : coincidence;
  return chanceOfOwnEvents(own.events, own.events + other.events, share) <= limit;
}
