import { formatSeconds } from '../../core/duration.js';
import type { ReportWords } from './words.js';

/** A moment as auditors compare it, whatever the zone of the machine: "2026-11-21 08:31 UTC". */
export function sayMoment(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

/** Seconds in words: "3 m 20 s"; a negative time, as clocks that disagree give, is none. */
export function saySeconds(seconds: number, { units }: ReportWords): string {
  return formatSeconds(Math.max(0, seconds)).replace(/[smhd]/g, (unit) => units[unit as keyof typeof units]);
}
