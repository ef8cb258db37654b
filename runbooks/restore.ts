import { z } from 'zod';
import type { Backup } from './backup.js';
import { backupId, check, database, databaseOfBackup } from './drill.js';
import { name } from './fields.js';
import { tokenFile } from './store.js';

/** Restores databases of a backup into a server that is used: under names that are free, and only once they are whole. */
export const RestoreFile = z.strictObject({
  kind: z.literal('restore'),
  service: name,
  environment: name,
  reason: z.string().max(500).optional(),
  backup: z.string().min(1).describe('The backup’s runbook, relative to this file'),
  which: z
    .union([z.literal('newest'), backupId])
    .default('newest')
    .describe('newest, or a backup by its id'),
  into: z.strictObject({
    postgres: tokenFile.describe('Token file with the connection to the server that takes the databases'),
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
  streams: z.int().min(1).max(16).default(2).describe('Connections that restore side by side'),
  checks: z.array(check).max(50).default([]).describe('What must hold, by the databases’ names in the backup'),
  onFailure: z.enum(['undo', 'ask']).default('undo').describe('undo: remove what this run has made; ask: wait first'),
});

export type RestoreFile = z.infer<typeof RestoreFile>;

/** A restore whose backup's runbook has been read. */
export interface Restore extends Omit<RestoreFile, 'backup'> {
  backup: Backup;
}
