import { upperTail } from '../../policies/chance.js';
import { drawBinomial, type Random } from './random.js';

/** The buckets that Prometheus' client libraries have by default: https://prometheus.io/docs/practices/histograms/. */
const limitsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Services are fast and slow, and where a p95 lies between two buckets decides how well a rise is seen. */
const medianSeconds = { least: 0.02, most: 0.2 };

/** Spread of the logarithm of a latency: the p95 is 2.7 times the median, the p99 four times. */
const spread = 0.6;

/** How long a service takes to answer, as its histogram shows it. */
export interface Latency {
  /** Share of the answers over the bucket that holds the stable version's p95, of a version so many times slower. */
  slowShare(times: number): number;
}

/** Draws a service, and from so many of its answers the bucket of its p95, as the judge does. */
export function drawLatency(random: Random, answers: number): Latency {
  const median = medianSeconds.least * (medianSeconds.most / medianSeconds.least) ** random();
  const shareAbove = (limit: number, times: number) => upperTail(Math.log(limit / (times * median)) / spread);
  const limit = bucketOfP95(random, answers, (each) => shareAbove(each, 1));
  return { slowShare: (times) => shareAbove(limit, times) };
}

function bucketOfP95(random: Random, answers: number, shareAbove: (limit: number) => number): number {
  let above = answers;
  let shareBefore = 1;
  for (const limit of limitsSeconds) {
    const share = shareAbove(limit);
    above = drawBinomial(random, above, share / shareBefore);
    if (above <= 0.05 * answers) return limit;
    shareBefore = share;
  }
  return Infinity;
}
