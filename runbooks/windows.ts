import { z } from 'zod';
import { overruns, weekdays, type ReleaseWindow, type Span } from '../core/permission.js';

const dateTime = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/;
const time = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;
const written = /^((\d{4}-\d{2}-\d{2}T)?([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const shape = 'expected a local time: "2026-12-20T18:00" for once, or "18:00" for each week';

/** Whether the time zone data of this machine know a name. */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Where local times are meant: never the machine's own zone. */
export const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'expected the IANA name of a time zone, as "Europe/Moscow"' })
  .describe('IANA name, as Europe/Moscow');

/** Whether a date with its time is one of the calendar: 30 February is not. */
function isDateTime(text: string): boolean {
  const moment = new Date(`${text}Z`);
  return dateTime.test(text) && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}

interface WrittenWindow {
  from?: string | undefined;
  to?: string | undefined;
  days?: Array<(typeof weekdays)[number]> | undefined;
}

/** What is wrong with the times of a window, and at which field; undefined when nothing is. */
function findFault({ from, to, days }: WrittenWindow): { field: keyof WrittenWindow; message: string } | undefined {
  if (from === undefined && to === undefined) {
    return days ? undefined : { field: 'from', message: 'expected from and to, or days alone for whole days' };
  }
  if (from === undefined || to === undefined) {
    const field = from === undefined ? 'from' : 'to';
    return { field, message: 'expected both from and to, or neither' };
  }
  // What is not written as a time is a problem already.
  if (!written.test(from) || !written.test(to)) return undefined;
  if (time.test(from)) {
    if (from === '24:00') return { field: 'from', message: 'expected a time from "00:00" to "23:59"' };
    if (!time.test(to)) return { field: 'to', message: 'expected a time without a date, as from is' };
    return to === from
      ? { field: 'to', message: 'expected another time than from; leave both out for whole days' }
      : undefined;
  }
  if (!isDateTime(from)) return { field: 'from', message: 'expected a date that exists' };
  if (!isDateTime(to)) return { field: 'to', message: 'expected a date that exists with a time, as from is' };
  if (days) return { field: 'days', message: 'expected no days: from and to are dates, so the window opens once' };
  return to > from ? undefined : { field: 'to', message: `expected a time after from (${from})` };
}

function spanOf({ from = '00:00', to = '24:00', days = [...weekdays] }: WrittenWindow): Span {
  return time.test(from) ? { kind: 'weekly', days, from, to } : { kind: 'once', from, to };
}

/** A freeze or an allowed window: once between two dates, or each week on some days. */
export const releaseWindow = z
  .strictObject({
    name: z.string().min(1).max(100),
    from: z
      .string()
      .regex(written, shape)
      .optional()
      .describe('Local time of timeZone: with a date once, without each week'),
    to: z
      .string()
      .regex(written, shape)
      .optional()
      .describe('Local time; one before `from` is of the next day; "24:00" ends the day'),
    days: z.array(z.enum(weekdays)).min(1).optional().describe('Days on which it begins; default: every day'),
    timeZone,
    overrun: z
      .enum(overruns)
      .default('pause')
      .describe(
        'What a run in flight does when releases become forbidden. pause: holds at its step; continue: goes on to its end',
      ),
    reason: z.string().min(1).max(500).optional(),
  })
  .superRefine((window, context) => {
    const fault = findFault(window);
    if (fault) context.addIssue({ code: 'custom', path: [fault.field], message: fault.message });
  })
  .transform(({ from, to, days, reason, ...rest }): ReleaseWindow => ({
    ...rest,
    span: spanOf({ from, to, days }),
    ...(reason !== undefined && { reason }),
  }));
