/** What a run in flight does when a window closes on it: go on to its end, or hold at its step until it is free again. */
export const overruns = ['continue', 'pause'] as const;
export type Overrun = (typeof overruns)[number];

/** The days of a week in the order of ISO 8601: Monday first. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/**
 * When a window is open, in local time: once, between two moments ("2026-12-20T18:00"); or each week on the days that it begins
 * on, between two times ("18:00" to "08:00" passes midnight, "24:00" ends the day).
 */
export type Span =
  { kind: 'once'; from: string; to: string } | { kind: 'weekly'; days: Weekday[]; from: string; to: string };

/** A stretch of time with a name: a freeze, or a time in which releases are allowed. */
export interface ReleaseWindow {
  name: string;
  span: Span;
  /** IANA name, as "Europe/Moscow". */
  timeZone: string;
  overrun: Overrun;
  reason?: string;
}

/** When an environment takes releases: never in a freeze; and where `allowed` names windows, only in one of them. */
export interface Calendar {
  freezes: ReleaseWindow[];
  allowed: ReleaseWindow[];
}

/** A release needs the same image released in the environment `after`, at least so many seconds ago. */
export interface PromotionRule {
  after: string;
  soakSeconds: number;
}

/** Somebody went ahead where the rules say no, and said why. */
export interface BreakGlass {
  by: string;
  reason: string;
  /** ISO 8601. */
  at: string;
}

/** What a run must be permitted by, as its environment's file said when it was started. */
export interface Permission {
  calendar?: Calendar;
  promotion?: PromotionRule;
  breakGlass?: BreakGlass;
}
