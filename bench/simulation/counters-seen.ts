import type { Traffic } from './traffic.js';

/** The canary's two series as a Prometheus keeps them: what had answered, and what had failed, at each scrape. */
export interface CountersSeen {
  samples: ReadonlyArray<{ atSeconds: number; succeeded: number; failed: number }>;
}

const visibleAfterSeconds = 0.3;

/** Lets a Prometheus watch a whole release. */
export function recordCounters(traffic: Traffic): CountersSeen {
  const samples: Array<{ atSeconds: number; succeeded: number; failed: number }> = [];
  let succeeded = 0;
  let failed = 0;
  for (const { atSeconds, of, canary } of traffic.scrapes()) {
    if (of === 'stable') continue;
    succeeded += canary.requests - canary.failed;
    failed += canary.failed;
    samples.push({ atSeconds, succeeded, failed });
  }
  return { samples };
}

/**
 * The share of successes as `sum(rate(…!~"5.*")) / sum(rate(…))` answers it: undefined for an empty vector, NaN for 0/0. A series
 * exists from its first event on, and says nothing before it has two samples in the window:
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#rate. `irate` takes the last two of them. The factor by
 * which rate extrapolates to the whole window is left out: it is about the same in both series.
 */
export function successShare(
  { samples }: CountersSeen,
  atSeconds: number,
  { windowSeconds, lastTwo }: { windowSeconds: number; lastTwo?: boolean },
): number | undefined {
  const inWindow = samples.filter(
    (sample) => sample.atSeconds > atSeconds - windowSeconds && sample.atSeconds + visibleAfterSeconds <= atSeconds,
  );
  const increase = (series: 'succeeded' | 'failed'): number | undefined => {
    const own = inWindow.filter((sample) => sample[series] > 0);
    const last = own.at(-1);
    const first = lastTwo ? own.at(-2) : own[0];
    return own.length < 2 || !first || !last ? undefined : last[series] - first[series];
  };
  const succeeded = increase('succeeded');
  return succeeded === undefined ? undefined : succeeded / (succeeded + (increase('failed') ?? 0));
}
