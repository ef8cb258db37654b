import { z } from 'zod';
import { seconds } from './fields.js';
import { timeZone } from './windows.js';

const count = (what: string) =>
  z.int().min(0).max(3660).default(0).describe(`How many ${what} keep their last verified backup`);

/** Which backups stay. Only verified ones count, and what no rule keeps is condemned first and removed after the undo window. */
export const retention = z
  .strictObject({
    daily: count('days'),
    weekly: count('weeks'),
    monthly: count('months'),
    yearly: count('years'),
    atLeast: z.int().min(1).max(1000).default(2).describe('The newest verified ones that stay whatever the rest says'),
    undoWindow: seconds.prefault('7d').describe('Time between condemning a backup and removing it'),
    timeZone: timeZone.default('UTC').describe('IANA name: where a day, a week, a month begins'),
    confirmed: z
      .string()
      .regex(/^[0-9a-f]{10}$/, 'expected the digits that the refusal names')
      .optional()
      .describe('Somebody has seen what this policy would remove, and wants it: the digits that its refusal names'),
    pardons: z
      .array(
        z.strictObject({
          backup: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/, 'expected the id of a backup'),
          by: z.string().min(1).max(100),
          reason: z.string().min(1).max(500),
        }),
      )
      .max(1000)
      .default([])
      .describe('Backups that stay as long as they stand here'),
  })
  .refine(({ daily, weekly, monthly, yearly }) => daily + weekly + monthly + yearly > 0, {
    error: 'expected to keep at least one day, week, month or year: set daily, weekly, monthly or yearly',
  });
