import { z } from 'zod';
import type { Backup } from './backup.js';
import { name, seconds } from './fields.js';
import { tokenFile } from './store.js';

/** A database's name, as PostgreSQL takes it. */
export const database = z.string().min(1).max(63);

/** What a database of a backup is called: SOURCE/NAME where two sources have one of that name. */
export const databaseOfBackup = z.string().min(1).max(127);

/** A backup's id: its time, and the run that made it. */
export const backupId = z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/, 'expected the id of a backup');

/** What must hold in a restored database. */
export const check = z.strictObject({
  name: z.string().min(1),
  database: databaseOfBackup,
  sql: z.string().min(1).describe('One query with one value; it can change nothing'),
  expect: z.string().describe('The value, exactly as PostgreSQL writes it'),
});

/** The moment that a whole cluster goes back to. */
export const moment = z
  .union([z.enum(['latest', 'backup']), z.iso.datetime({ offset: true })])
  .describe(
    'The moment a pgbackrest source goes back to: latest (the default), the backup’s own end, or a time with its zone',
  );

/** Restores a backup into a scratch place, compares it, measures, and takes the place down again. */
export const DrillFile = z.strictObject({
  kind: z.literal('drill'),
  service: name,
  environment: name,
  reason: z.string().max(500).optional(),
  backup: z.string().min(1).describe('The backup’s runbook, relative to this file'),
  which: z
    .union([z.enum(['newest', 'random']), backupId])
    .default('newest')
    .describe('newest, random, or a backup by its id'),
  into: z.strictObject({
    postgres: tokenFile
      .optional()
      .describe('Token file with the connection to a scratch server: never the source’s own'),
    kubernetes: z
      .string()
      .regex(/^drill-[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/, 'expected a name that begins with "drill-"')
      .optional()
      .describe('What the name of the scratch namespace begins with; in it no pod starts'),
    pgbackrest: z
      .string()
      .startsWith('/')
      .optional()
      .describe('Folder of the worker’s machine in which a cluster’s scratch folder is made, and its server started'),
    files: z
      .string()
      .startsWith('/')
      .optional()
      .describe('Folder of the worker’s machine in which the scratch folder is made'),
  }),
  at: moment.optional(),
  streams: z.int().min(1).max(16).default(2).describe('Connections that restore side by side'),
  checks: z.array(check).max(50).default([]).describe('What must hold in the restored place'),
  canary: z
    .strictObject({
      database: databaseOfBackup,
      sql: z.string().min(1).describe('The newest time, as select max(at) from runbook_canary'),
    })
    .optional()
    .describe('What is written all the while: the newest that came back says how much would have been lost'),
  targets: z.strictObject({
    rpo: seconds.describe('How much may be lost'),
    rto: seconds.describe('How long the way back may take'),
  }),
});

export type DrillFile = z.infer<typeof DrillFile>;

/** A drill whose backup's runbook has been read. */
export interface Drill extends Omit<DrillFile, 'backup'> {
  backup: Backup;
}
