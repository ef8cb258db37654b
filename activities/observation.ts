import { increases, type Increase, type Series, type Watermarks } from '../policies/counters.js';
import type { Judgement, Observed } from '../policies/judge.js';
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
  /** Whose samples the marks belong to: each eye counts from where the other has counted to. */
  eye?: EyeName;
}

export type EyeName = 'prometheus' | 'pods';

/** What a pod says of its whole life is taken for at most so many answers: it may have been long ago. */
const mostLifetimeRequests = 20_000;

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

/** From where on one side's samples are counted. */
interface Reading {
  marks: Watermarks;
  bornAfter: number;
  countAfter: number;
}

/** Reads one side's counters on from where they were read to. */
function advance(
  samples: Samples,
  { marks, bornAfter, countAfter }: Reading,
  statusLabel: string,
  slowAbove: string | undefined,
) {
  // Read only once the bucket is known, so that a bucket and the total are counted from the same moment on; and only where
  // the side has that bucket: another version may count in others, which says nothing about its speed.
  const comparable = slowAbove !== undefined && samples.buckets.some(({ labels }) => hasLimit(labels, slowAbove));
  const buckets = comparable
    ? samples.buckets.filter(({ labels }) => hasLimit(labels, infinite) || hasLimit(labels, slowAbove))
    : [];
  const requests = increases(samples.requests, marks, bornAfter, countAfter);
  const latencies = increases(buckets, requests.marks, bornAfter, countAfter);
  const timed = sum(latencies.increases, (labels) => hasLimit(labels, infinite));
  const slow = comparable ? Math.max(0, timed - sum(latencies.increases, (labels) => hasLimit(labels, slowAbove))) : 0;
  return { marks: latencies.marks, counts: { ...requestCounts(requests.increases, statusLabel), timed, slow } };
}

function scaledDown(counts: Counts): Counts {
  const factor = Math.min(1, mostLifetimeRequests / Math.max(1, counts.requests));
  const scaled = (count: number) => Math.round(count * factor);
  return {
    requests: scaled(counts.requests),
    failed: scaled(counts.failed),
    unsuccessful: scaled(counts.unsuccessful),
    timed: scaled(counts.timed),
    slow: scaled(counts.slow),
  };
}

/** What both sides have answered since the last look, and how far it was read. */
export function readOn(
  observation: Observation,
  samples: { canary: Samples; stable: Samples },
  { statusLabel, eye, scrapeSeconds: every }: { statusLabel: string; eye: EyeName; scrapeSeconds?: number },
): { observation: Observation; look: Observed } {
  const slowAbove = observation.slowAbove ?? bucketOfP95(samples.stable.buckets);
  const stableUntil = newestOf(samples.stable);
  const newest = Math.max(newestOf(samples.canary), stableUntil);
  const first = observation.readUntilSeconds === undefined;
  // Before the first sample there is nothing to read on from.
  const until = observation.readUntilSeconds ?? newest;
  const switched = observation.eye !== undefined && observation.eye !== eye;
  // Prometheus remembers what was when the other eye looked last; a pod knows only its totals.
  const countAfter = switched ? (eye === 'prometheus' ? until : newest) : 0;
  const marks = switched ? { canary: {}, stable: {} } : observation.marks;
  // The canary was made by this run: all that its pods have answered counts.
  const ofCanary = { marks: marks.canary, bornAfter: 0, countAfter: isUnseen(observation) ? 0 : countAfter };
  const canary = advance(samples.canary, ofCanary, statusLabel, slowAbove);
  const lifetime = first && eye === 'pods';
  const ofStable = { marks: marks.stable, bornAfter: lifetime ? 0 : until, countAfter };
  const stable = advance(samples.stable, ofStable, statusLabel, slowAbove);
  const scrapeSeconds = every ?? scrapeSecondsOf(samples.stable) ?? observation.scrapeSeconds;
  return {
    observation: {
      ...observation,
      marks: { canary: canary.marks, stable: stable.marks },
      eye,
      ...(newest > 0 && { readUntilSeconds: Math.max(until, newest) }),
      ...(slowAbove !== undefined && { slowAbove }),
      ...(scrapeSeconds !== undefined && { scrapeSeconds }),
    },
    look: {
      atSeconds: Math.max(until, newest),
      canary: canary.counts,
      stable: lifetime ? scaledDown(stable.counts) : stable.counts,
      stableUntilSeconds: stableUntil,
      scrapeSeconds: scrapeSeconds ?? 1,
    },
  };
}

function isUnseen({ judgement }: Observation): boolean {
  return judgement.canary.requests === 0;
}
