import type { Counts } from '../core/record.js';
import { addLook, logEvidence, noEvidence, upperBound, type Evidence, type Trials } from './evidence.js';

/** The three questions asked of a canary, by the count that answers them. */
export const measures = ['failed', 'unsuccessful', 'slow'] as const;
type Measure = (typeof measures)[number];

const words: Record<Measure, string> = {
  failed: 'answers with 5xx',
  unsuccessful: 'answers that are no success',
  slow: 'answers slower than the stable version’s p95',
};

/** Everything the judge knows; carried from step to step and across restarts. */
export interface Judgement {
  canary: Counts;
  stable: Counts;
  /** Looks of the stable version over the last seconds: a fault that both sides share is no fault of the canary. */
  recent: Array<{ atSeconds: number; counts: Counts }>;
  evidence: Record<Measure, Evidence>;
  firstFailureAtSeconds?: number;
  lastCanaryAtSeconds?: number;
}

export interface JudgeLimits {
  falseAbortsPerThousand: number;
  smallestHarmWorthCatching: number;
}

export const noCounts: Counts = { requests: 0, failed: 0, unsuccessful: 0, timed: 0, slow: 0 };

export const emptyJudgement: Judgement = {
  canary: noCounts,
  stable: noCounts,
  recent: [],
  evidence: { failed: noEvidence, unsuccessful: noEvidence, slow: noEvidence },
};

/** A shared fault is looked for in the last seconds and, because it may just have begun, in the very last ones. */
const recentSeconds = 10;
const latestSeconds = 2;

/** A shared fault is believed from this many concurrent answers of the stable version on. */
const fewestRecentTrials = 10;

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    unsuccessful: a.unsuccessful + b.unsuccessful,
    timed: a.timed + b.timed,
    slow: a.slow + b.slow,
  };
}

function trialsOf(counts: Counts, measure: Measure): Trials {
  const trials = measure === 'slow' ? counts.timed : counts.requests;
  return { trials, events: Math.min(counts[measure], trials) };
}

/** The share that the canary is allowed: the stable version's upper bound, or what it shows right now if that is more. */
function allowedShare(judgement: Judgement, measure: Measure, atSeconds: number): number {
  const since = (seconds: number) =>
    judgement.recent
      .filter((each) => each.atSeconds > atSeconds - seconds)
      .reduce((sum, { counts }) => addCounts(sum, counts), noCounts);
  const recent = since(recentSeconds);
  const latest = since(latestSeconds);
  return Math.max(
    upperBound(trialsOf(judgement.stable, measure)),
    recent.requests >= fewestRecentTrials ? upperBound(trialsOf(recent, measure), 1) : 0,
    latest.requests >= fewestRecentTrials ? latest[measure] / latest.requests : 0,
  );
}

/** Adds what both sides have answered since the last look. A look without answers of the canary changes no evidence. */
export function addObservation(
  judgement: Judgement,
  look: { atSeconds: number; canary: Counts; stable: Counts },
  limits: JudgeLimits,
): Judgement {
  const { atSeconds, canary } = look;
  const recent = [...judgement.recent, { atSeconds, counts: look.stable }].filter(
    (each) => each.atSeconds > atSeconds - recentSeconds,
  );
  const next: Judgement = {
    ...judgement,
    canary: addCounts(judgement.canary, canary),
    stable: addCounts(judgement.stable, look.stable),
    recent,
  };
  if (canary.requests === 0) return next;
  next.lastCanaryAtSeconds = atSeconds;
  if (canary.failed > 0) next.firstFailureAtSeconds ??= atSeconds;
  next.evidence = { ...judgement.evidence };
  for (const measure of measures) {
    const allowed = allowedShare(next, measure, atSeconds);
    const trials = trialsOf(canary, measure);
    next.evidence[measure] = addLook(judgement.evidence[measure], trials, allowed, limits.smallestHarmWorthCatching);
  }
  return next;
}

function shareText(counts: Counts, measure: Measure): string {
  const { trials, events } = trialsOf(counts, measure);
  return `${trials === 0 ? '–' : ((100 * events) / trials).toFixed(1)} % (${events} of ${trials})`;
}

function describeMeasure({ canary, stable }: Judgement, measure: Measure): string {
  return `${words[measure]}: canary ${shareText(canary, measure)}, stable ${shareText(stable, measure)}`;
}

/** Why the canary is worse than the stable version; undefined while there is not enough evidence for that. */
export function findHarm(judgement: Judgement, limits: JudgeLimits): string | undefined {
  // The run's error rate is shared out among the questions.
  const threshold = Math.log((1000 * measures.length) / limits.falseAbortsPerThousand);
  const worst = measures.find((measure) => logEvidence(judgement.evidence[measure]) >= threshold);
  return worst && describeMeasure(judgement, worst);
}

/** Fewest events that can be more than chance. */
const fewestDoubtful = 2;

/** Whether the canary looks worse by more than the harm worth catching, on too few answers to tell. */
function looksWorse(
  { canary, stable }: Judgement,
  measure: Measure,
  { smallestHarmWorthCatching }: JudgeLimits,
): boolean {
  const own = trialsOf(canary, measure);
  const other = trialsOf(stable, measure);
  // Slow answers are a twentieth of the stable version's own: their share says little before there are many.
  if (measure === 'slow' || own.events < fewestDoubtful) return false;
  return own.events / own.trials - (other.trials === 0 ? 0 : other.events / other.trials) > smallestHarmWorthCatching;
}

/** What speaks for harm, though not enough for a verdict: no reason to go back, and none to go on. */
export function findSuspicion(judgement: Judgement, limits: JudgeLimits): string | undefined {
  const doubtful = measures.find(
    (measure) => logEvidence(judgement.evidence[measure]) > 0 || looksWorse(judgement, measure, limits),
  );
  return doubtful && describeMeasure(judgement, doubtful);
}
