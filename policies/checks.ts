import { addLook, noEvidence, type Evidence } from './evidence.js';

/** One value of a check at one time: with what it is compared, and whether it breaks the rule. */
export interface CheckReading {
  name: string;
  atSeconds: number;
  value: number;
  /** What was wanted, for people: "below 0.5", "no worse than 0.31". */
  wanted: string;
  breaks: boolean;
}

/** What a check has shown so far. */
export interface CheckState {
  evidence: Evidence;
  readings: number;
  broken: number;
  last?: CheckReading;
}

export const noReadings: CheckState = { evidence: noEvidence, readings: 0, broken: 0 };

/** A rule may be broken by chance this often; a check that breaks it half of the time is harm. */
const allowedShare = 0.05;
const harmfulShare = 0.3;

/** Counts a reading, once per time of its sample, however often that sample is polled. */
export function addReading(state: CheckState, reading: CheckReading): CheckState {
  if (state.last && reading.atSeconds <= state.last.atSeconds) return state;
  const events = reading.breaks ? 1 : 0;
  return {
    evidence: addLook(state.evidence, { trials: 1, events }, allowedShare, harmfulShare),
    readings: state.readings + 1,
    broken: state.broken + events,
    last: reading,
  };
}

/** "queue depth: 0.9, wanted below 0.5; broken in 4 of 4 samples". */
export function describeCheck(name: string, state: CheckState | undefined): string {
  if (!state?.last) return `${name}: no value yet`;
  const { last, broken, readings } = state;
  return `${name}: ${Number(last.value.toPrecision(4))}, wanted ${last.wanted}; broken in ${broken} of ${readings} samples`;
}
