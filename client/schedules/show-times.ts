import type { CalendarTimes } from '../../runbooks/cron.js';

const sizes: Record<keyof CalendarTimes, number> = { minute: 60, hour: 24, dayOfMonth: 31, month: 12, dayOfWeek: 7 };

function showField(values: readonly number[], size: number): string {
  if (values.length === size) return '*';
  const runs: string[] = [];
  for (let index = 0; index < values.length;) {
    let end = index;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    runs.push(end > index ? `${values[index]}-${values[end]}` : `${values[index]}`);
    index = end + 1;
  }
  return runs.length === 0 ? '?' : runs.join(',');
}

/** A calendar in the order of cron's fields; both days count where both are named. */
export function showTimes(times: CalendarTimes): string {
  return (['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const)
    .map((field) => showField(times[field], sizes[field]))
    .join(' ');
}
