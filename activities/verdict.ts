import { formatSeconds } from '../core/duration.js';
import type { CanaryPoint } from '../core/record.js';
import { answersToClear, findHarm, findSuspicion } from '../policies/judge.js';
import type { CanaryStep } from '../runbooks/canary.js';
import type { Judge } from '../runbooks/judge.js';
import type { Observation } from './observation.js';

/** What a comparison knows while it lasts, and what a crash leaves behind: the next attempt goes on from here. */
export interface Progress {
  startedAtMs: number;
  /** When the canary was last seen answering, with nothing in doubt that grows old. */
  clearAtMs: number;
  requestsBefore: number;
  carried: Observation;
  points: CanaryPoint[];
  /** Why nothing can be seen now. */
  trouble?: string;
  /** What the step still waits for, for people. */
  waitsFor?: string;
}

export interface Verdict {
  verdict: 'good' | 'bad' | 'unseen';
  reason: string;
}

/** How long answers are counted back for their rate. */
const rateSeconds = 60;

/** Answers of the canary per second, lately. */
function rateOf({ judgement }: Observation): number {
  const newest = judgement.recent.at(-1)?.atSeconds ?? 0;
  const lately = judgement.recent.filter(({ atSeconds }) => atSeconds > newest - rateSeconds);
  const span = newest - (lately[0]?.atSeconds ?? newest);
  const answers = lately.slice(1).reduce((sum, { canary }) => sum + canary.requests, 0);
  return span > 0 ? answers / span : 0;
}

/** "needs about 38 more answers, 5m at this rate; with 50 % of the traffic 1m". */
function describeNeed(answers: number, weight: number, carried: Observation): string {
  const rate = rateOf(carried);
  const need = `needs about ${answers} more answers`;
  if (rate === 0) return `${need}; none come: raise the weight, or give the runbook judge.synthetic`;
  const wait = (share: number) => formatSeconds(Math.ceil(answers / rate / share));
  return `${need}, ${wait(1)} at this rate${weight < 50 && answers / rate > 120 ? `; at 50 % of the traffic ${wait(50 / weight)}` : ''}`;
}

function checkTrouble({ checks }: Judge, progress: Progress): string | undefined {
  const states = progress.carried.judgement.checks;
  const silent = checks.find(({ name }) => (states[name]?.last?.atSeconds ?? 0) * 1000 < progress.startedAtMs - 60_000);
  return silent && `${silent.name}: no value`;
}

/** A version that was never seen is nothing to compare with, and that is said. */
function comparedWith({ stable }: Progress['carried']['judgement']): string {
  return stable.requests > 0
    ? 'no worse than the stable version'
    : 'without an answer of the stable version to compare with';
}

/** The step's verdict so far; undefined while it goes on. No answers are neither good nor bad. Says what it waits for. */
export function decide(
  { judge, step }: { judge: Judge; step: CanaryStep },
  progress: Progress,
  nowMs: number,
): Verdict | undefined {
  const { judgement } = progress.carried;
  delete progress.waitsFor;
  const harm = findHarm(judgement, judge);
  if (harm !== undefined) return { verdict: 'bad', reason: harm };
  const answered = judgement.canary.requests - progress.requestsBefore;
  const needed = step.minimumRequests ?? judge.minimumRequests;
  const lasted = (nowMs - progress.startedAtMs) / 1000;
  const suspicion = findSuspicion(judgement, judge);
  const trouble = progress.trouble ?? checkTrouble(judge, progress);
  if (trouble === undefined && suspicion === undefined) {
    if (answered >= needed && lasted >= step.atLeast)
      return { verdict: 'good', reason: `${answered} answers at ${step.weight} %, ${comparedWith(judgement)}` };
    if (answered < needed) progress.waitsFor = describeNeed(needed - answered, step.weight, progress.carried);
  }
  if (suspicion !== undefined) {
    const answers = answersToClear(judgement, judge);
    progress.waitsFor = `in doubt: ${suspicion}; ${describeNeed(answers, step.weight, progress.carried)}`;
  }
  if (trouble !== undefined) progress.waitsFor = `cannot see: ${trouble}`;
  const { after, then } = judge.unseen;
  const patience = after * 1000;
  const held = nowMs - progress.clearAtMs > patience || lasted > step.atMost;
  if (!held || then === 'hold') return undefined;
  const why = progress.waitsFor ?? 'the metrics show no answers of the canary';
  const time = formatSeconds(Math.round((nowMs - progress.clearAtMs) / 1000));
  return { verdict: 'unseen', reason: `${why}; for ${time}; ${answered} of ${needed} answers were seen` };
}
