import type { Counts } from '../core/record.js';
import type { Trials } from './evidence.js';

/** The three questions asked of a canary, by the count that answers them. */
export const measures = ['failed', 'unsuccessful', 'slow'] as const;
export type Measure = (typeof measures)[number];

/** What both sides have answered between two looks. */
export interface Look {
  atSeconds: number;
  canary: Counts;
  stable: Counts;
}

export const noCounts: Counts = { requests: 0, failed: 0, unsuccessful: 0, timed: 0, slow: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    unsuccessful: a.unsuccessful + b.unsuccessful,
    timed: a.timed + b.timed,
    slow: a.slow + b.slow,
  };
}

export function trialsOf(counts: Counts, measure: Measure): Trials {
  const trials = measure === 'slow' ? counts.timed : counts.requests;
  return { trials, events: Math.min(counts[measure], trials) };
}

export function addLooks(a: Look, b: Look): Look {
  return {
    atSeconds: Math.max(a.atSeconds, b.atSeconds),
    canary: addCounts(a.canary, b.canary),
    stable: addCounts(a.stable, b.stable),
  };
}

/** Looks of the last seconds are kept singly, older ones by the ten seconds, up to what the tests look back on. */
const singleSeconds = 30;
const togetherSeconds = 10;
const keptSeconds = 900;

const tenOf = ({ atSeconds }: Look) => Math.floor(atSeconds / togetherSeconds);

/** Adds a look to those that are remembered: few enough to travel with a run's state. */
export function remember(recent: readonly Look[], look: Look): Look[] {
  const firstKept = recent.findIndex(({ atSeconds }) => look.atSeconds - atSeconds <= keptSeconds);
  const kept = firstKept < 0 ? [] : recent.slice(firstKept);
  kept.push(look);
  for (let index = 1; index < kept.length;) {
    const [older, each] = [kept[index - 1] as Look, kept[index] as Look];
    if (look.atSeconds - each.atSeconds <= singleSeconds) break;
    if (tenOf(older) === tenOf(each)) kept.splice(index - 1, 2, addLooks(older, each));
    else index += 1;
  }
  return kept;
}

/** What one side answered since a time. */
export function trialsSince(
  recent: readonly Look[],
  atSeconds: number,
  side: 'canary' | 'stable',
  measure: Measure,
): Trials {
  let trials = 0;
  let events = 0;
  for (let index = recent.length - 1; index >= 0; index--) {
    const look = recent[index] as Look;
    if (look.atSeconds <= atSeconds) break;
    const counts = look[side];
    trials += measure === 'slow' ? counts.timed : counts.requests;
    events += counts[measure];
  }
  return { trials, events: Math.min(events, trials) };
}
