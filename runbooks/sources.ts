import { z } from 'zod';
import { name } from './fields.js';
import { store, tokenFile } from './store.js';

const postgres = z
  .strictObject({
    kind: z.literal('postgres'),
    name,
    connection: tokenFile.optional().describe('Token file with the connection, as postgres://user:password@host:5432'),
    in: z
      .strictObject({
        namespace: name,
        pod: name,
        container: name.optional(),
        user: z.string().min(1).default('postgres'),
      })
      .optional()
      .describe('Instead: the pod in which psql and pg_dump are run, as kubectl exec does'),
    databases: z.array(z.string().min(1).max(63)).min(1).optional().describe('Default: all that take connections'),
    streams: z.int().min(1).max(16).default(2).describe('Connections that read side by side'),
    fullEvery: z
      .int()
      .min(1)
      .max(60)
      .default(7)
      .describe('What has not changed is referred to, and stored anew after so many backups; 1: each stores all'),
  })
  .refine(({ connection, in: pod }) => (connection === undefined) !== (pod === undefined), {
    error: 'expected either "connection" or "in"',
  })
  .describe('PostgreSQL, logically: every table in one snapshot, for pg_restore');

const files = z
  .strictObject({
    kind: z.literal('files'),
    name,
    paths: z.array(z.string().startsWith('/')).min(1).max(100).describe('Files and folders of the worker’s machine'),
  })
  .describe('Files and configuration: charts, compose files, .env');

const kubernetes = z
  .strictObject({
    kind: z.literal('kubernetes'),
    name,
    namespace: name,
    exclude: z.array(z.string()).default([]).describe('Kinds that are left out, as Pod'),
  })
  .describe('Every object of a namespace, Secrets with them');

const bucket = z
  .strictObject({
    kind: z.literal('bucket'),
    name,
    from: store.omit({ prefix: true }),
    to: store.describe('Where the copies go'),
    deletions: z.enum(['keep', 'mirror']).default('keep').describe('What becomes of a copy whose original is gone'),
  })
  .describe('Object storage, copied bucket to bucket');

const pgbackrest = z
  .strictObject({
    kind: z.literal('pgbackrest'),
    name,
    stanza: name,
    configuration: tokenFile.describe('Token file: pgbackrest.conf, which knows the repository'),
    fullEvery: z
      .int()
      .min(1)
      .max(60)
      .default(7)
      .describe('After so many backups one is full; the others hold what has changed'),
    between: z
      .enum(['incr', 'diff'])
      .default('incr')
      .describe('What the others hold: what has changed since the backup before, or since the full one'),
  })
  .describe('PostgreSQL, physically, by pgBackRest: incremental, to any point in time');

/** What is backed up. */
export const source = z.discriminatedUnion('kind', [postgres, files, kubernetes, bucket, pgbackrest]);
export type SourceSpec = z.infer<typeof source>;
