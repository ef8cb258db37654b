import type { FoundRuns } from './query-runs.js';

/** A time whose ended runs are not read yet, in milliseconds since 1970; both ends are inside. */
export interface Span {
  from: number;
  /** Absent: until now. */
  to?: number;
  /** How many there are. */
  left: number;
}

const iso = (moment: number) => new Date(moment).toISOString();

/** A span in the words of visibility. */
export function conditionOf({ from, to }: Span): string {
  const until = to === undefined ? '' : ` AND CloseTime <= '${iso(to)}'`;
  return `ExecutionStatus != 'Running' AND CloseTime >= '${iso(from)}'${until}`;
}

/** What is left of a span after its newest runs were read; nothing where they were all. */
export function restOf({ from }: Span, found: FoundRuns | undefined): Span[] {
  const last = found?.runs.at(-1)?.finishedAt;
  if (!found?.leftOut || last === undefined) return [];
  // Visibility is finer than a millisecond: the last one read has neighbours before it in the same one.
  return [{ from, to: Date.parse(last) + 1, left: found.leftOut }];
}
