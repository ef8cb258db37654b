import { z } from 'zod';
import type { Backup } from './backup.js';
import { backupId, check, database, databaseOfBackup, moment } from './drill.js';
import { name } from './fields.js';
import { tokenFile } from './store.js';

/** What only means something where that comes back. */
const placed = [
  ['databases', 'postgres'],
  ['rename', 'postgres'],
  ['cluster', 'pgbackrest'],
  ['at', 'pgbackrest'],
] as const;

/** Restores what is in a backup for people to use: under names that are free, and only once it is whole. */
export const RestoreFile = z
  .strictObject({
    kind: z.literal('restore'),
    service: name,
    environment: name,
    reason: z.string().max(500).optional(),
    backup: z.string().min(1).describe('The backup’s runbook, relative to this file'),
    which: z
      .union([z.literal('newest'), backupId])
      .default('newest')
      .describe('newest, or a backup by its id'),
    into: z
      .strictObject({
        postgres: tokenFile
          .optional()
          .describe('Token file with the connection to the server that takes the databases'),
        pgbackrest: z
          .string()
          .regex(/^(\/(?!\.{1,2}(\/|$))[^/\n]+)+$/, 'expected an absolute path, without a slash at its end')
          .optional()
          .describe(
            'Folder of the worker’s machine that becomes the whole cluster: nothing may be there, or an empty folder',
          ),
      })
      .refine(({ postgres, pgbackrest }) => postgres !== undefined || pgbackrest !== undefined, {
        error: 'expected postgres for databases, pgbackrest for a whole cluster, or both',
      }),
    databases: z
      .array(databaseOfBackup)
      .min(1)
      .max(200)
      .optional()
      .describe('Default: all of the backup. SOURCE/NAME where two sources have one of that name'),
    rename: z
      .record(databaseOfBackup, database)
      .default({})
      .describe('New names, as {orders: orders_restored}: a database that is there is never overwritten'),
    cluster: name.optional().describe('The source pgbackrest that comes back, where the backup has several'),
    at: moment.optional(),
    streams: z.int().min(1).max(16).default(2).describe('Connections that restore side by side'),
    checks: z.array(check).max(50).default([]).describe('What must hold, by the databases’ names in the backup'),
    onFailure: z.enum(['undo', 'ask']).default('undo').describe('undo: remove what this run has made; ask: wait first'),
  })
  .superRefine((restore, context) => {
    for (const [field, place] of placed)
      // Without any new name `rename` is there all the same.
      if (restore.into[place] === undefined && Object.keys(restore[field] ?? {}).length > 0)
        context.addIssue({ code: 'custom', path: [field], message: `expected it only with into.${place}` });
  });

export type RestoreFile = z.infer<typeof RestoreFile>;

/** A restore whose backup's runbook has been read. */
export interface Restore extends Omit<RestoreFile, 'backup'> {
  backup: Backup;
}
