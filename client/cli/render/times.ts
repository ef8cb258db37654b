import { formatSeconds } from '../../../core/duration.js';
import type { Look } from '../look.js';

function formatter(timeZone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { ...(timeZone !== undefined && { timeZone }), ...options });
}

/** Clock time: "08:31:02". */
export function formatClock(at: string, look: Look): string {
  return formatter(look.timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(at));
}

/** Date and clock time: "2026-11-21 08:31:02"; on request with the zone: "2026-11-21 08:31:02 UTC". */
export function formatDate(at: string, look: Look, zone?: 'zone'): string {
  return formatter(look.timeZone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    ...(zone && { timeZoneName: 'short' }),
  }).format(new Date(at));
}

/** Seconds as people say them: "3 m 20 s". */
export function formatTime(seconds: number, { words }: Look): string {
  return formatSeconds(seconds).replace(/[smhd]/g, (unit) => words.units[unit as keyof typeof words.units]);
}

/** Time between two moments in words; to now when it has not ended. */
export function formatSpan(from: string, to: string | undefined, look: Look): string {
  const end = to === undefined ? look.now.getTime() : Date.parse(to);
  return formatTime(Math.max(0, (end - Date.parse(from)) / 1000), look);
}
