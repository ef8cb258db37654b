import type { Counts } from '../../core/record.js';
import { addCounts, noCounts } from '../../policies/looks.js';
import { drawLatency, type Latency } from './latency.js';
import { createRandom, drawBinomial, drawPoisson, type Random } from './random.js';

/** What is wrong with a canary: a share of its answers is 5xx, or every answer takes so many times as long. */
export type Fault = { failed: number } | { slower: number };

/** A service while a canary runs beside three pods of the stable version, each of which has as much traffic. */
export interface World {
  canaryPerSecond: number;
  /** Share of 5xx of both versions while nothing is wrong. */
  baseShare: number;
  /** Share of 5xx in the bursts that hit both versions alike; 0 for no bursts. */
  burstShare: number;
  /** How long the canary runs, after the fault where there is one. */
  seconds: number;
  /** Read straight from the pods, all at once, or from a Prometheus that scrapes each pod at a time of its own. */
  view: 'direct' | 'prometheus';
  scrapeSeconds: number;
  fault?: Fault;
  /** The fault begins after five good minutes instead of with the first request. */
  late?: boolean;
}

/** What the scrape of one or all pods has found since the one before. */
export interface Scrape {
  atSeconds: number;
  canary: Counts;
  stable: Counts;
  of: 'both' | 'canary' | 'stable';
}

const stablePods = 3;
const baselineSeconds = 600;
const goodSeconds = 300;

/** Bursts: about one in four minutes, 5 to 30 s long; half of the answers are slow. The ten minutes before had none. */
const burst = { everySeconds: 240, leastSeconds: 5, mostSeconds: 30, slowShare: 0.5 };

type Span = readonly [fromSeconds: number, toSeconds: number];

function drawBursts(random: Random, untilSeconds: number): Span[] {
  const spans: Span[] = [];
  const gap = () => -Math.log(1 - random()) * burst.everySeconds;
  for (let from = gap(); from < untilSeconds;) {
    const to = from + burst.leastSeconds + random() * (burst.mostSeconds - burst.leastSeconds);
    spans.push([from, to]);
    from = to + gap();
  }
  return spans;
}

/** One release, answer by answer as the scrapes count them; the same seed gives the same one. */
export class Traffic {
  /** What the stable version answered in the ten minutes before. */
  readonly baseline: Counts;
  readonly faultAtSeconds: number;
  readonly endsAtSeconds: number;
  /** When the canary first failed after the fault began, or answered where it is slow; known once that was scraped. */
  firstBadAtSeconds?: number;
  private readonly random: Random;
  private readonly latency: Latency;
  /** Where the shares change: begins and ends of bursts, and the fault. */
  private readonly changes: number[];
  private readonly bursts: Span[];

  constructor(
    readonly world: World,
    seed: number,
  ) {
    this.random = createRandom(seed);
    const { random } = this;
    // At no round time: a rule that measures by the minute must not gain or lose by it.
    this.faultAtSeconds = world.fault === undefined ? Infinity : world.late ? goodSeconds + 60 * random() : 0;
    this.endsAtSeconds = world.seconds + (world.fault === undefined ? 0 : this.faultAtSeconds);
    const requests = drawPoisson(random, world.canaryPerSecond * stablePods * baselineSeconds);
    const failed = drawBinomial(random, requests, world.baseShare);
    this.latency = drawLatency(random, requests);
    const slow = drawBinomial(random, requests, this.latency.slowShare(1));
    this.baseline = { requests, failed, unsuccessful: failed, timed: requests, slow };
    this.bursts = world.burstShare > 0 ? drawBursts(random, this.endsAtSeconds) : [];
    this.changes = [this.faultAtSeconds, ...this.bursts.flat()].sort((a, b) => a - b);
  }

  /** The scrapes in the order of their times. */
  *scrapes(): Generator<Scrape, void, undefined> {
    const { scrapeSeconds, view } = this.world;
    const stable = view === 'direct' ? [{ pods: stablePods, phase: 0 }] : this.drawPods();
    const canaryPhase = view === 'direct' ? 0 : this.random();
    const pods = [{ of: 'canary' as const, pods: 1, phase: canaryPhase }, ...stable]
      .map((pod) => ({ of: 'stable' as const, readUntil: 0, ...pod }))
      .sort((a, b) => a.phase - b.phase);
    for (let round = view === 'direct' ? 1 : 0; round * scrapeSeconds < this.endsAtSeconds; round++) {
      const found = pods.map((pod): Scrape => {
        const atSeconds = (round + pod.phase) * scrapeSeconds;
        const counts = this.drawAnswers(pod.of, pod.pods, pod.readUntil, atSeconds);
        pod.readUntil = atSeconds;
        const canary = pod.of === 'canary';
        return { atSeconds, of: pod.of, canary: canary ? counts : noCounts, stable: canary ? noCounts : counts };
      });
      if (view === 'prometheus') yield* found;
      else yield together(found);
    }
  }

  private drawPods() {
    return Array.from({ length: stablePods }, () => ({ pods: 1, phase: this.random() }));
  }

  private drawAnswers(of: 'canary' | 'stable', pods: number, from: number, to: number): Counts {
    let counts = noCounts;
    for (let at = from; at < to;) {
      const end = Math.min(to, this.changes.find((change) => change > at) ?? to);
      const part = this.drawPart(of, pods, at, end);
      counts = counts === noCounts ? part : addCounts(counts, part);
      at = end;
    }
    return counts;
  }

  /** Answers of a time in which no share changes: failed ones and others are drawn apart, which is the same and faster. */
  private drawPart(of: 'canary' | 'stable', pods: number, from: number, to: number): Counts {
    const { canaryPerSecond, baseShare, burstShare, fault } = this.world;
    const { random } = this;
    const inBurst = this.bursts.some(([begin, end]) => begin <= from && from < end);
    const bad = of === 'canary' && from >= this.faultAtSeconds ? fault : undefined;
    const failedShare = Math.max(baseShare, inBurst ? burstShare : 0, bad && 'failed' in bad ? bad.failed : 0);
    const slowShare = this.latency.slowShare(bad && 'slower' in bad ? bad.slower : 1);
    const expected = canaryPerSecond * pods * (to - from);
    const failed = drawPoisson(random, expected * failedShare);
    const requests = failed + drawPoisson(random, expected * (1 - failedShare));
    const slow = drawBinomial(random, requests, Math.max(slowShare, inBurst ? burst.slowShare : 0));
    const felt = bad && 'failed' in bad ? failed : requests;
    // The first of so many at chance within the time.
    if (bad && felt > 0) this.firstBadAtSeconds ??= from + (to - from) * (1 - (1 - random()) ** (1 / felt));
    return { requests, failed, unsuccessful: failed, timed: requests, slow };
  }
}

function together(found: readonly Scrape[]): Scrape {
  const sum = (side: 'canary' | 'stable') => found.reduce((total, scrape) => addCounts(total, scrape[side]), noCounts);
  return { atSeconds: found[0]?.atSeconds ?? 0, of: 'both', canary: sum('canary'), stable: sum('stable') };
}
