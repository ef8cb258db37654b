import { z } from 'zod';
import type { Backup } from './backup.js';
import { database } from './drill.js';
import { name } from './fields.js';

/** Run each minute by a schedule: writes the time into every database server that is backed up, and looks how old the backups are. */
export const BeatFile = z.strictObject({
  kind: z.literal('beat'),
  service: name,
  environment: name,
  reason: z.string().max(500).optional(),
  backup: z.string().min(1).describe('The backup’s runbook, relative to this file'),
  databases: z
    .array(database)
    .min(1)
    .max(50)
    .optional()
    .describe('Where the table runbook_canary is; default: the databases that the source names, else postgres'),
});

export type BeatFile = z.infer<typeof BeatFile>;

/** A beat whose backup's runbook has been read. */
export interface Beat extends Omit<BeatFile, 'backup'> {
  backup: Backup;
}
