import { weekdays, type Calendar, type ReleaseWindow, type Weekday } from '../../core/permission.js';

type Changes = Partial<Omit<ReleaseWindow, 'span'>> & { days?: Weekday[] };

/** A window as an environment's file would give it: once with dates, each week with times. */
export function windowOf(from: string, to: string, { days = [...weekdays], ...changes }: Changes = {}): ReleaseWindow {
  const span: ReleaseWindow['span'] = from.includes('T')
    ? { kind: 'once', from, to }
    : { kind: 'weekly', days, from, to };
  return { name: `${from}-${to}`, span, timeZone: 'UTC', overrun: 'pause', ...changes };
}

export function calendarOf(changes: Partial<Calendar>): Calendar {
  return { freezes: [], allowed: [], ...changes };
}
