import type { Counts } from '../core/record.js';
import { addReading, describeCheck, noReadings, type CheckReading, type CheckState } from './checks.js';
import { addLook, logEvidence, noEvidence, type Evidence } from './evidence.js';
import {
  addCounts,
  addLooks,
  measures,
  noCounts,
  remember,
  trialsOf,
  trialsSince,
  type Look,
  type Measure,
} from './looks.js';
import { alignedSeconds, allowedShare, concurrentSeconds, isSharedFault, isWorseNow } from './shared-faults.js';

const words: Record<Measure, string> = {
  failed: 'answers with 5xx',
  unsuccessful: 'answers that are no success',
  slow: 'answers slower than the stable version’s p95',
};

/** How a run's error rate is shared out among the questions; checks of the user's own together get the last share. */
const shares: Record<Measure, number> = { failed: 0.65, unsuccessful: 0.1, slow: 0.25 };
const shareOfChecks = 0.2;

/** Everything the judge knows; carried from step to step and across restarts. */
export interface Judgement {
  canary: Counts;
  stable: Counts;
  recent: Look[];
  evidence: Record<Measure, Evidence>;
  /** By the name of each check of the runbook. */
  checks: Record<string, CheckState>;
  /** What the canary has answered and the stable version has not been seen at yet. */
  waiting?: Look;
  firstFailureAtSeconds?: number;
  lastCanaryAtSeconds?: number;
}

export interface JudgeLimits {
  falseAbortsPerThousand: number;
  smallestHarmWorthCatching: number;
}

/** A look, and how the samples behind it lie. */
export interface Observed extends Look {
  /** Time of the stable version's newest sample. */
  stableUntilSeconds: number;
  scrapeSeconds: number;
  checks?: CheckReading[];
}

export const emptyJudgement: Judgement = {
  canary: noCounts,
  stable: noCounts,
  recent: [],
  evidence: { failed: noEvidence, unsuccessful: noEvidence, slow: noEvidence },
  checks: {},
};

/**
 * Adds what both sides have answered since the last look. What the canary answered counts as evidence only once the stable
 * version has been seen as late: a fault of both sides must not look like one of the canary alone because it is scraped first.
 */
export function addObservation(judgement: Judgement, observed: Observed, limits: JudgeLimits): Judgement {
  const { atSeconds, canary, stable, stableUntilSeconds, scrapeSeconds } = observed;
  const next: Judgement = {
    ...judgement,
    canary: addCounts(judgement.canary, canary),
    stable: addCounts(judgement.stable, stable),
    checks: addReadings(judgement.checks, observed.checks ?? []),
  };
  if (canary.requests > 0) next.lastCanaryAtSeconds = atSeconds;
  if (canary.failed > 0) next.firstFailureAtSeconds ??= atSeconds;
  // What the stable version answered before the first look is no answer of the same time: it would hide a fault of both.
  const concurrent = judgement.stable.requests === 0 ? noCounts : stable;
  const come: Look = { atSeconds, canary, stable: noCounts };
  const waiting = judgement.waiting ? addLooks(judgement.waiting, come) : come;
  // Both sides are read at once, or each pod at its own time: then what comes later may be what both have.
  const apart = scrapeSeconds > alignedSeconds ? 0 : alignedSeconds;
  const seenTogether = stableUntilSeconds >= waiting.atSeconds - apart;
  const waitedLong = atSeconds - (judgement.waiting?.atSeconds ?? atSeconds) > 2 * scrapeSeconds;
  if (waiting.canary.requests > 0 && !seenTogether && !waitedLong) {
    // The time stays that of the first answers that wait.
    next.waiting = { ...waiting, atSeconds: judgement.waiting?.atSeconds ?? atSeconds };
    next.recent = remember(judgement.recent, { atSeconds, canary: noCounts, stable: concurrent });
    return next;
  }
  delete next.waiting;
  const look: Look = { atSeconds, canary: waiting.canary, stable: concurrent };
  next.recent = remember(judgement.recent, look);
  if (look.canary.requests > 0) next.evidence = weigh(next, look, scrapeSeconds, limits);
  return next;
}

function weigh(judgement: Judgement, look: Look, scrapeSeconds: number, limits: JudgeLimits): Judgement['evidence'] {
  const { atSeconds } = look;
  const { recent } = judgement;
  const harm = limits.smallestHarmWorthCatching;
  const alone = trialsSince(recent, atSeconds - concurrentSeconds, 'stable', 'failed').trials === 0;
  const evidence = { ...judgement.evidence };
  for (const measure of measures) {
    const total = trialsOf(judgement.stable, measure);
    const times = { atSeconds, scrapeSeconds };
    if (scrapeSeconds > alignedSeconds && isSharedFault(total, recent, measure, times)) continue;
    // Compared with the past alone, the world itself may have changed a little.
    const allowed = allowedShare(total, recent, measure, atSeconds) + (alone ? harm : 0);
    evidence[measure] = addLook(evidence[measure], trialsOf(look.canary, measure), allowed, harm);
  }
  return evidence;
}

function addReadings(checks: Judgement['checks'], readings: readonly CheckReading[]): Judgement['checks'] {
  const next = { ...checks };
  for (const reading of readings) next[reading.name] = addReading(next[reading.name] ?? noReadings, reading);
  return next;
}

function shareText(counts: Counts, measure: Measure): string {
  const { trials, events } = trialsOf(counts, measure);
  return `${trials === 0 ? '–' : `${((100 * events) / trials).toFixed(1)} %`} (${events} of ${trials})`;
}

function describeMeasure({ canary, stable }: Judgement, measure: Measure): string {
  return `${words[measure]}: canary ${shareText(canary, measure)}, stable ${shareText(stable, measure)}`;
}

function threshold({ falseAbortsPerThousand }: JudgeLimits, share: number): number {
  return Math.log(1000 / (falseAbortsPerThousand * share));
}

/** Why the canary is worse than the stable version; undefined while there is not enough evidence for that. */
export function findHarm(judgement: Judgement, limits: JudgeLimits): string | undefined {
  const { recent, evidence, checks, lastCanaryAtSeconds = 0 } = judgement;
  const names = Object.keys(checks);
  const shareOfMeasures = names.length > 0 ? 1 - shareOfChecks : 1;
  const worst = measures.find(
    (measure) =>
      logEvidence(evidence[measure]) >= threshold(limits, shareOfMeasures * shares[measure]) &&
      isWorseNow(recent, measure, lastCanaryAtSeconds),
  );
  if (worst) return describeMeasure(judgement, worst);
  const failed = names.find(
    (name) => logEvidence(checks[name]?.evidence ?? noEvidence) >= threshold(limits, shareOfChecks / names.length),
  );
  return failed !== undefined ? describeCheck(failed, checks[failed]) : undefined;
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
  if (doubtful) return describeMeasure(judgement, doubtful);
  const check = Object.keys(judgement.checks).find(
    (name) => logEvidence(judgement.checks[name]?.evidence ?? noEvidence) > 0,
  );
  return check !== undefined ? describeCheck(check, judgement.checks[check]) : undefined;
}

/** About how many good answers of the canary would clear a doubt: each weighs as much as the smallest harm. */
export function answersToClear(judgement: Judgement, limits: JudgeLimits): number {
  const doubt = Math.max(...measures.map((measure) => logEvidence(judgement.evidence[measure])));
  const own = judgement.canary.unsuccessful / limits.smallestHarmWorthCatching - judgement.canary.requests;
  return Math.ceil(Math.max(0, doubt / limits.smallestHarmWorthCatching, own));
}
