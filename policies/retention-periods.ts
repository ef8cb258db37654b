import { localDateAt } from './local-time.js';

/** The periods of a moment by their names. */
export interface Periods {
  /** "2026-11-21" */
  day: string;
  /** By its Monday: "week 2026-11-16". */
  week: string;
  /** "2026-11" */
  month: string;
  /** "2026" */
  year: string;
}

const dayMs = 86_400_000;

/** The day, week (ISO 8601: from Monday on), month and year in which a moment lies, in milliseconds since 1970. */
export function periodsAt(moment: number, timeZone: string): Periods {
  // In UTC there is nothing to look up, and years of nights are replayed in a second.
  const day =
    timeZone === 'UTC' ? new Date(moment).toISOString().slice(0, 10) : localDateAt(moment, timeZone).toString();
  const midnight = Date.parse(day);
  const sinceMonday = (new Date(midnight).getUTCDay() + 6) % 7;
  const monday = new Date(midnight - sinceMonday * dayMs).toISOString().slice(0, 10);
  return { day, week: `week ${monday}`, month: day.slice(0, 7), year: day.slice(0, 4) };
}
