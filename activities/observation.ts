import { increases, type Increase, type Series, type Watermarks } from '../policies/counters.js';
import type { Judgement } from '../policies/judge.js';
import type { Counts } from '../core/record.js';

/** What the judge knows and where in the metrics it has read to. Goes from step to step, and through heartbeats past a crash. */
export interface Observation {
  judgement: Judgement;
  marks: { canary: Watermarks; stable: Watermarks };
  /** Upper limit of the histogram bucket that holds the stable version's p95, chosen once. */
  slowAbove?: string;
  /** The newest sample of any series, in seconds; a series of the stable version that begins later is counted in full. */
  readUntilSeconds?: number;
  scrapeSeconds?: number;
}

export interface Samples {
  requests: Series[];
  buckets: Series[];
}

const fewestForP95 = 50;
const infinite = '+Inf';

function newestOf(samples: Samples): number {
  return Math.max(
    0,
    ...[...samples.requests, ...samples.buckets].map(({ samples: points }) => points.at(-1)?.[0] ?? 0),
  );
}

/** The time between two scrapes, as the samples show it. */
export function scrapeSecondsOf({ requests }: Samples): number | undefined {
  const gaps = requests.flatMap(({ samples }) =>
    samples.slice(1).map(([at], index) => at - (samples[index]?.[0] ?? at)),
  );
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
}

/** The smallest bucket that holds 95 % of the answers; undefined while there are too few, or where it is the last one. */
export function bucketOfP95(buckets: readonly Series[]): string | undefined {
  const totals = new Map<string, number>();
  for (const { labels, samples } of buckets) {
    const le = labels['le'] ?? infinite;
    totals.set(le, (totals.get(le) ?? 0) + (samples.at(-1)?.[1] ?? 0));
  }
  const all = totals.get(infinite) ?? 0;
  if (all < fewestForP95) return undefined;
  const limits = [...totals.keys()].filter((le) => le !== infinite).sort((a, b) => Number(a) - Number(b));
  return limits.find((le) => (totals.get(le) ?? 0) >= 0.95 * all);
}

function sum(found: readonly Increase[], matches: (labels: Record<string, string>) => boolean): number {
  return found.reduce((total, { labels, value }) => total + (matches(labels) ? value : 0), 0);
}

/** Whether a series counts the answers up to a limit; the same limit may be written 1 or 1.0. */
function hasLimit({ le = infinite }: Record<string, string>, limit: string): boolean {
  return Number(le.replace('+Inf', 'Infinity')) === Number(limit.replace('+Inf', 'Infinity'));
}

function requestCounts(
  requests: readonly Increase[],
  statusLabel: string,
): Pick<Counts, 'requests' | 'failed' | 'unsuccessful'> {
  const status = (labels: Record<string, string>) => labels[statusLabel] ?? '';
  return {
    requests: sum(requests, () => true),
    failed: sum(requests, (labels) => status(labels).startsWith('5')),
    unsuccessful: sum(requests, (labels) => !/^[23]/.test(status(labels))),
  };
}

/** Reads one side's counters on from where they were read to. */
function advance(
  samples: Samples,
  marks: Watermarks,
  bornAfter: number,
  statusLabel: string,
  slowAbove: string | undefined,
) {
  // Read only once the bucket is known, so that a bucket and the total are counted from the same moment on; and only where
  // the side has that bucket: another version may count in others, which says nothing about its speed.
  const comparable = slowAbove !== undefined && samples.buckets.some(({ labels }) => hasLimit(labels, slowAbove));
  const buckets = comparable
    ? samples.buckets.filter(({ labels }) => hasLimit(labels, infinite) || hasLimit(labels, slowAbove))
    : [];
  const requests = increases(samples.requests, marks, bornAfter);
  const latencies = increases(buckets, requests.marks, bornAfter);
  const timed = sum(latencies.increases, (labels) => hasLimit(labels, infinite));
  const slow = comparable ? Math.max(0, timed - sum(latencies.increases, (labels) => hasLimit(labels, slowAbove))) : 0;
  return { marks: latencies.marks, counts: { ...requestCounts(requests.increases, statusLabel), timed, slow } };
}

/** What both sides have answered since the last look, and how far it was read. */
export function readOn(
  observation: Observation,
  samples: { canary: Samples; stable: Samples },
  statusLabel: string,
): { observation: Observation; look: { atSeconds: number; canary: Counts; stable: Counts } } {
  const slowAbove = observation.slowAbove ?? bucketOfP95(samples.stable.buckets);
  const newest = Math.max(newestOf(samples.canary), newestOf(samples.stable));
  // Before the first sample there is nothing to read on from.
  const until = observation.readUntilSeconds ?? newest;
  // The canary was made by this run: all that its pods have answered counts.
  const canary = advance(samples.canary, observation.marks.canary, 0, statusLabel, slowAbove);
  const stable = advance(samples.stable, observation.marks.stable, until, statusLabel, slowAbove);
  const scrapeSeconds = scrapeSecondsOf(samples.stable) ?? observation.scrapeSeconds;
  return {
    observation: {
      ...observation,
      marks: { canary: canary.marks, stable: stable.marks },
      ...(newest > 0 && { readUntilSeconds: Math.max(until, newest) }),
      ...(slowAbove !== undefined && { slowAbove }),
      ...(scrapeSeconds !== undefined && { scrapeSeconds }),
    },
    look: { atSeconds: Math.max(until, newest), canary: canary.counts, stable: stable.counts },
  };
}
