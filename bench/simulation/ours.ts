import { noCounts } from '../../policies/looks.js';
import { addObservation, emptyJudgement, findHarm, type JudgeLimits } from '../../policies/judge.js';
import type { Traffic } from './traffic.js';

/** What the benches judge by. */
export const judgeLimits: JudgeLimits = { falseAbortsPerThousand: 10, smallestHarmWorthCatching: 0.02 };

/** From a scrape to a verdict: the pods' answer; Prometheus' own write and the query, sent when a sample is due. */
export const verdictAfterSeconds = { direct: 0.2, prometheus: 0.4 };

/** When the product's judge finds a canary bad, and why; undefined when it never does. */
export function judgeByOurs(traffic: Traffic): { atSeconds: number; reason: string } | undefined {
  const { scrapeSeconds, view } = traffic.world;
  let judgement = addObservation(
    emptyJudgement,
    { atSeconds: 0, canary: noCounts, stable: traffic.baseline, stableUntilSeconds: 0, scrapeSeconds },
    judgeLimits,
  );
  let stableUntilSeconds = 0;
  for (const { atSeconds, of, canary, stable } of traffic.scrapes()) {
    if (of !== 'canary') stableUntilSeconds = atSeconds;
    // As the activity does: a scrape that shows nothing new is no look.
    if (canary.requests === 0 && stable.requests === 0) continue;
    const seen = { atSeconds, canary, stable, stableUntilSeconds, scrapeSeconds };
    judgement = addObservation(judgement, seen, judgeLimits);
    const reason = findHarm(judgement, judgeLimits);
    if (reason !== undefined) return { atSeconds: atSeconds + verdictAfterSeconds[view], reason };
  }
  return undefined;
}
