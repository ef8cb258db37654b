/** Everything that one line of a calendar allows: each moment must match all five. */
export interface CalendarTimes {
  minute: number[];
  hour: number[];
  dayOfMonth: number[];
  /** January is 1. */
  month: number[];
  /** Sunday is 0. */
  dayOfWeek: number[];
}

export type CalendarField = keyof CalendarTimes;

interface FieldRule {
  from: number;
  to: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const fieldRules: Record<CalendarField, FieldRule> = {
  minute: { from: 0, to: 59 },
  hour: { from: 0, to: 23 },
  dayOfMonth: { from: 1, to: 31 },
  month: { from: 1, to: 12, names: months },
  dayOfWeek: { from: 0, to: 6, names: days },
};

/** In the order in which cron writes them. */
const cronFields = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

function expectation(field: CalendarField, found: string): string {
  const { from, to, names } = fieldRules[field];
  const range = names ? `${from} to ${to} or ${names[0] ?? ''} to ${names.at(-1) ?? ''}` : `${from} to ${to}`;
  return `${field}: expected *, ${range}, ranges as a-b, steps as */n or a-b/n, lists with commas; found "${found}"`;
}

function readValue(field: CalendarField, text: string): number | undefined {
  const { from, to, names } = fieldRules[field];
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + from;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  // Cron has two numbers for Sunday.
  const most = field === 'dayOfWeek' ? 7 : to;
  return value >= from && value <= most ? value : undefined;
}

// One part of a list: "*", "5", "1-5", "*/15", "10-50/10".
function readPart(field: CalendarField, part: string): number[] | undefined {
  const { from, to } = fieldRules[field];
  const match = /^(?:(\*)|([\da-z]+)(?:-([\da-z]+))?)(?:\/(\d{1,2}))?$/i.exec(part);
  if (!match) return undefined;
  const [, all, first = '', last, step] = match;
  const start = all ? from : readValue(field, first);
  let end = all ? to : last === undefined ? start : readValue(field, last);
  if (start === undefined || end === undefined) return undefined;
  // fri-sun ends with the other Sunday.
  if (field === 'dayOfWeek' && last !== undefined && end === 0 && start > 0) end = 7;
  const every = step === undefined ? 1 : Number(step);
  const single = !all && last === undefined;
  if (end < start || every === 0 || (single && step !== undefined)) return undefined;
  const count = Math.floor((end - start) / every) + 1;
  return Array.from({ length: count }, (_, index) => (start + index * every) % (field === 'dayOfWeek' ? 7 : 100));
}

/**
 * Everything that a field allows, in order.
 * @throws Error that says what was expected.
 */
export function readField(field: CalendarField, text: string): number[] {
  const parts = text.split(',').map((part) => readPart(field, part.trim()));
  const values = parts.flatMap((part) => part ?? []);
  if (parts.includes(undefined)) throw new Error(expectation(field, text));
  return [...new Set(values)].sort((a, b) => a - b);
}

/**
 * What a cron expression of five fields allows. Where both days are named, cron takes either and Temporal only what is both: such a
 * line is refused, so that nobody gets the other one than they mean.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html
 * @throws Error that says what was expected.
 */
export function readCron(text: string): CalendarTimes {
  const written = text.trim().split(/\s+/);
  if (written.length !== cronFields.length) {
    throw new Error(`expected five fields (minute hour dayOfMonth month dayOfWeek), found ${written.length}`);
  }
  if (!written[2]?.startsWith('*') && !written[4]?.startsWith('*')) {
    throw new Error(
      'expected * for dayOfMonth or for dayOfWeek: cron takes either day, Temporal only a day that is both; say which by calendar',
    );
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = cronFields.map((field, index) =>
    readField(field, written[index] ?? ''),
  ) as [number[], number[], number[], number[], number[]];
  return { minute, hour, dayOfMonth, month, dayOfWeek };
}
