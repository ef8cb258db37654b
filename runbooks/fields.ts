import { z } from 'zod';
import { durationPattern, parseDuration } from '../core/duration.js';

/** A Kubernetes object's name (RFC 1123 label). */
export const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'expected lower-case letters, digits and "-", 63 at most');

const longestSeconds = 365 * 86_400;

/** "90s", "10m", "24h": a number and a unit. Becomes seconds. */
export const seconds = z
  .string()
  .regex(durationPattern, 'expected a duration such as "500ms", "90s", "10m", "24h", "2d"')
  .transform((text) => parseDuration(text) ?? 0)
  .refine((found) => found <= longestSeconds, { error: 'expected at most 365d' })
  .meta({ pattern: durationPattern.source });

/** An image with a tag or a digest: a release must say which. */
export const image = z
  .string()
  // Temporal keeps it as a search attribute, and its SQL stores have columns of 255 characters for those.
  .max(255)
  .regex(
    /^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64}|:[\w][\w.-]{0,127}@sha256:[0-9a-f]{64})$/,
    'expected an image with a tag or digest, as "registry.example/shop/web:1.5.0"',
  );

export const target = z
  .strictObject({
    namespace: name,
    deployment: name,
    container: name.optional().describe('Needed only where the pod has more than one container'),
  })
  .describe('The Deployment that is released');

export const config = z
  .strictObject({
    configMaps: z
      .record(name, z.record(z.string(), z.string()))
      .default({})
      .describe('Data per ConfigMap. Each becomes a new ConfigMap NAME-<hash>, and the Deployment refers to that'),
    secrets: z
      .record(name, name)
      .default({})
      .describe('Secret that the Deployment refers to → Secret that it shall refer to. Values never pass through here'),
  })
  .prefault({});

export const smokeTest = z
  .strictObject({
    name: z.string().optional(),
    url: z.url({ protocol: /^https?$/ }),
    headers: z.record(z.string(), z.string()).default({}),
    status: z.int().min(100).max(599).default(200),
    contains: z.string().optional().describe('Text that the body must contain'),
    within: seconds.prefault('2s').describe('Longest time an answer may take'),
    patience: seconds.optional().describe('Tried again until it holds, for so long at most; default 30s'),
  })
  .describe('One HTTP check');

export const migrations = z
  .strictObject({
    in: z
      .enum(['job', 'pod'])
      .default('job')
      .describe('job: a Job of the new image with the Deployment’s environment; pod: exec into a running pod'),
    upgrade: z.array(z.string()).min(1).describe('For example [alembic, upgrade, head]'),
    current: z.array(z.string()).min(1).describe('For example [alembic, current]'),
    timeout: seconds.prefault('10m'),
    pointOfNoReturn: z
      .string()
      .min(10)
      .max(300)
      .optional()
      .describe('Where the earlier version cannot run on the new schema: what to do instead of going back'),
  })
  .describe('Schema migrations, run before the release. Its way back is the next migration: it is not undone');

export const onFailure = z
  .enum(['undo', 'ask'])
  .default('undo')
  .describe('undo: take everything back; ask: wait for retry, skip or rollback');
