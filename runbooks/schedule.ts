import { z } from 'zod';
import { messageOf } from '../core/errors.js';
import { readCron, readField, type CalendarField, type CalendarTimes } from './cron.js';
import { name, seconds } from './fields.js';
import { timeZone } from './windows.js';

/** A check of a text that says what the reader of it says. */
function readable<Schema extends z.ZodString>(schema: Schema, read: (text: string) => unknown): Schema {
  return schema.superRefine((text, context) => {
    try {
      read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });
}

const field = (which: CalendarField, what: string) =>
  readable(z.string(), (text) => readField(which, text)).describe(what);

const calendar = z
  .strictObject({
    minute: field('minute', '0 to 59').default('0'),
    hour: field('hour', '0 to 23'),
    dayOfMonth: field('dayOfMonth', '1 to 31').default('*'),
    month: field('month', '1 to 12, or jan to dec').default('*'),
    dayOfWeek: field('dayOfWeek', '0 to 7, or sun to sat').default('*'),
  })
  .describe(
    'Moments that match all of it, in the notation of cron: the first Sunday is dayOfMonth "1-7", dayOfWeek sun',
  );

/** What Temporal does not go below. */
const leastCatchUp = 10;

/** When a runbook runs by itself. `runbook schedule apply` makes Temporal hold exactly what stands here. */
export const Schedule = z
  .strictObject({
    kind: z.literal('schedule'),
    name,
    runbook: z.string().min(1).describe('The runbook that is run, relative to this file'),
    environment: name,
    cron: readable(z.string(), readCron)
      .optional()
      .describe('minute hour dayOfMonth month dayOfWeek, as "0 2 * * *" for each night at two'),
    calendar: z.array(calendar).min(1).max(20).optional().describe('Instead of cron: moments that match any of these'),
    timeZone: timeZone.describe(
      'IANA name. A local time that clocks skip is left out that day; one that comes twice runs twice',
    ),
    overlap: z
      .enum(['skip', 'bufferOne', 'cancelOther', 'allowAll'])
      .default('skip')
      .describe(
        'When the run before still goes on: skip this one, run one after it, cancel that one (it is undone), or run both',
      ),
    catchUp: seconds
      .prefault('6h')
      .refine((found) => found >= leastCatchUp, { error: `expected at least ${leastCatchUp}s` })
      .describe(
        'After an outage of Temporal: how late a run may still start. What is older is missed, and the ledger says so',
      ),
    jitter: seconds.prefault('0s').describe('Each run starts so much later at most, always by as much for one moment'),
    paused: z.string().min(3).max(300).optional().describe('Held, and why. Taken away, it runs again'),
    reason: z.string().max(500).optional().describe('Why it is run, for the record of each run'),
  })
  .refine(({ cron, calendar }) => (cron === undefined) !== (calendar === undefined), {
    path: ['cron'],
    error: 'expected either cron or calendar',
  });

export type Schedule = z.infer<typeof Schedule>;

/** The moments of a schedule, one calendar each; they add up. */
export function timesOf({ cron, calendar = [] }: Pick<Schedule, 'cron' | 'calendar'>): CalendarTimes[] {
  if (cron !== undefined) return [readCron(cron)];
  return calendar.map(({ minute, hour, dayOfMonth, month, dayOfWeek }) => ({
    minute: readField('minute', minute),
    hour: readField('hour', hour),
    dayOfMonth: readField('dayOfMonth', dayOfMonth),
    month: readField('month', month),
    dayOfWeek: readField('dayOfWeek', dayOfWeek),
  }));
}
