import { Temporal } from 'temporal-polyfill';
import { weekdays, type ReleaseWindow } from '../core/permission.js';
import { localDateAt, momentsOf } from './local-time.js';

/** One opening of a window, in milliseconds since 1970; the end is outside. */
export interface Period {
  from: number;
  to: number;
}

/**
 * How a window counts where clocks are put back over its ends: a freeze begins at the first and ends at the last of the two moments
 * that a local time has, an allowed window the other way round. So no freeze is shorter than written, no allowed window longer.
 */
export type Purpose = 'freeze' | 'allowed';

/** A window recurs weekly, and a change of clocks may swallow one opening. */
const searchDays = 15;

function periodBetween(
  [from, to]: readonly [Temporal.PlainDateTime, Temporal.PlainDateTime],
  timeZone: string,
  purpose: Purpose,
): Period[] {
  const begin = momentsOf(from, timeZone);
  const end = momentsOf(to, timeZone);
  const period = purpose === 'freeze' ? { from: begin.first, to: end.last } : { from: begin.last, to: end.first };
  return period.from < period.to ? [period] : [];
}

/** The opening that begins on a date, if there is one. */
function periodFrom(window: ReleaseWindow, date: Temporal.PlainDate, purpose: Purpose): Period[] {
  const { span, timeZone } = window;
  if (span.kind === 'once') {
    const ends = [Temporal.PlainDateTime.from(span.from), Temporal.PlainDateTime.from(span.to)] as const;
    return periodBetween(ends, timeZone, purpose);
  }
  const weekday = weekdays[date.dayOfWeek - 1];
  if (weekday === undefined || !span.days.includes(weekday)) return [];
  const wholeDay = span.to === '24:00';
  const endDate = wholeDay || span.to <= span.from ? date.add({ days: 1 }) : date;
  const endTime = wholeDay ? '00:00' : span.to;
  const at = (day: Temporal.PlainDate, time: string) => day.toPlainDateTime(Temporal.PlainTime.from(time));
  return periodBetween([at(date, span.from), at(endDate, endTime)], timeZone, purpose);
}

/** The opening of a window at a moment, the one that lasts longest; undefined when it is closed. */
export function findOpen(window: ReleaseWindow, purpose: Purpose, moment: number): Period | undefined {
  const today = localDateAt(moment, window.timeZone);
  return [-2, -1, 0]
    .flatMap((days) => periodFrom(window, today.add({ days }), purpose))
    .filter(({ from, to }) => from <= moment && moment < to)
    .sort((a, b) => b.to - a.to)[0];
}

/** When a window opens next after a moment; undefined when it never does. */
export function findOpening(window: ReleaseWindow, purpose: Purpose, moment: number): number | undefined {
  const today = localDateAt(moment, window.timeZone);
  for (let days = -1; days <= searchDays; days++) {
    const next = periodFrom(window, today.add({ days }), purpose).find(({ from }) => from > moment);
    if (next) return next.from;
    if (window.span.kind === 'once') return undefined;
  }
  return undefined;
}
