import { DAYS_OF_WEEK, MONTHS, type CalendarSpec, type Range, type ScheduleSpecDescription } from '@temporalio/client';
import type { CalendarTimes } from '../../runbooks/cron.js';

/** What one name of Temporal's stands for. */
const monthNumber = (month: string) => MONTHS.indexOf(month as (typeof MONTHS)[number]) + 1;
const dayNumber = (day: string) => DAYS_OF_WEEK.indexOf(day as (typeof DAYS_OF_WEEK)[number]);

/** Neighbours as one range, as people would write them: Temporal shows them so. */
function rangesOf(values: readonly number[]): Array<{ start: number; end: number }> {
  const ranges: Array<{ start: number; end: number }> = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last?.end === value - 1) last.end = value;
    else ranges.push({ start: value, end: value });
  }
  return ranges;
}

const named = <Name>(values: readonly number[], nameOf: (value: number) => Name | undefined) =>
  rangesOf(values).map(({ start, end }) => ({ start: nameOf(start) as Name, end: nameOf(end) as Name }));

/** One calendar as Temporal takes it. */
export function calendarSpec({ minute, hour, dayOfMonth, month, dayOfWeek }: CalendarTimes): CalendarSpec {
  return {
    second: 0,
    minute: rangesOf(minute),
    hour: rangesOf(hour),
    dayOfMonth: rangesOf(dayOfMonth),
    month: named(month, (value) => MONTHS[value - 1]),
    dayOfWeek: named(dayOfWeek, (value) => DAYS_OF_WEEK[value]),
  };
}

function expand<Value>(ranges: ReadonlyArray<Range<Value>>, numberOf: (value: Value) => number): number[] {
  const values = ranges.flatMap(({ start, end, step }) => {
    const first = numberOf(start);
    const count = Math.floor((numberOf(end) - first) / step) + 1;
    return Array.from({ length: count }, (_, index) => first + index * step);
  });
  return [...new Set(values)].sort((a, b) => a - b);
}

const same = (value: number) => value;

/** The calendars that Temporal holds. What ours never have (seconds, years, intervals) shows as another one, and so as a difference. */
export function timesOfSpec({ calendars = [], intervals = [], skip = [] }: ScheduleSpecDescription): CalendarTimes[] {
  const strange: CalendarTimes = { minute: [], hour: [], dayOfMonth: [], month: [], dayOfWeek: [] };
  const found = calendars.map(({ second, minute, hour, dayOfMonth, month, year, dayOfWeek }): CalendarTimes => {
    if (year.length > 0 || expand(second, same).join() !== '0') return strange;
    return {
      minute: expand(minute, same),
      hour: expand(hour, same),
      dayOfMonth: expand(dayOfMonth, same),
      month: expand(month, monthNumber),
      dayOfWeek: expand(dayOfWeek, dayNumber),
    };
  });
  return [...found, ...intervals.map(() => strange), ...skip.map(() => strange)];
}
