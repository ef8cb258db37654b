import { z } from 'zod';
import { RunbookError } from './errors.js';
import { clusterQueue, runbooksQueue } from './names.js';
import { parseDuration } from './duration.js';

const blankIsAbsent = (value: unknown): unknown => (value === '' ? undefined : value);
const duration = (fallback: string) =>
  z.preprocess(
    blankIsAbsent,
    z
      .string()
      .default(fallback)
      .refine((text) => parseDuration(text) !== undefined, { error: 'expected a duration such as "30s"' })
      .transform((text) => parseDuration(text) ?? 0),
  );

/** Every setting that is read from the environment. Temporal's own (TEMPORAL_*) are read by its envconfig. */
const Settings = z.object({
  RUNBOOK_KEYRING: z.preprocess(
    blankIsAbsent,
    z.string({ error: 'expected the path of a key ring, or "off" for payloads in clear' }),
  ),
  RUNBOOK_QUEUES: z.preprocess(
    blankIsAbsent,
    z
      .string()
      .default(`${runbooksQueue},${clusterQueue}`)
      .transform((text) => text.split(',').map((queue) => queue.trim()))
      .pipe(
        z.array(z.enum([runbooksQueue, clusterQueue], { error: `expected ${runbooksQueue}, ${clusterQueue} or both` })),
      ),
  ),
  RUNBOOK_HEALTH_PORT: z.preprocess(blankIsAbsent, z.coerce.number().int().min(0).max(65_535).default(9464)),
  RUNBOOK_HEALTH_HOST: z.preprocess(blankIsAbsent, z.string().default('127.0.0.1')),
  RUNBOOK_SHUTDOWN_GRACE: duration('20s'),
  RUNBOOK_LOG_LEVEL: z.preprocess(blankIsAbsent, z.enum(['debug', 'info', 'warn', 'error']).default('info')),
  RUNBOOK_IDENTITY: z.preprocess(blankIsAbsent, z.string().optional()),
  RUNBOOK_ALERTMANAGER: z.preprocess(
    blankIsAbsent,
    z.url({ protocol: /^https?$/, error: 'expected an address' }).optional(),
  ),
  RUNBOOK_ACCESS: z.preprocess(blankIsAbsent, z.string().optional()),
  RUNBOOK_VOTE_KEY: z.preprocess(blankIsAbsent, z.string().optional()),
  RUNBOOK_CHANNELS: z.preprocess(blankIsAbsent, z.string().optional()),
  RUNBOOK_CONSOLE: z.preprocess(
    blankIsAbsent,
    z.url({ protocol: /^https?$/, error: 'expected an address' }).optional(),
  ),
});

export interface Config {
  /** Path of the key ring, or "off". */
  keyRing: string;
  queues: string[];
  /** Port of /livez, /readyz, /metrics; 0 takes a free one. */
  healthPort: number;
  healthHost: string;
  /** How long a step in progress may go on after a request to stop. */
  shutdownGraceSeconds: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  identity?: string;
  /** Address of the Alertmanager that is told what people must know at once. */
  alertmanager?: string;
  /** Path of the access file: who is who, and who may do what. Without it every name is only claimed. */
  access?: string;
  /** Path of the key by which an API signs votes. */
  voteKey?: string;
  /** Path of the file that says where people are told (kind: channels). */
  channels?: string;
  /** Address of the web console, for links in messages. */
  console?: string;
}

/**
 * Reads the settings, all problems at once.
 * @throws RunbookError InvalidSettings.
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Settings.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new RunbookError('InvalidSettings', problems.join('\n'));
  }
  const settings = parsed.data;
  return Object.freeze({
    keyRing: settings.RUNBOOK_KEYRING,
    queues: settings.RUNBOOK_QUEUES,
    healthPort: settings.RUNBOOK_HEALTH_PORT,
    healthHost: settings.RUNBOOK_HEALTH_HOST,
    shutdownGraceSeconds: settings.RUNBOOK_SHUTDOWN_GRACE,
    logLevel: settings.RUNBOOK_LOG_LEVEL,
    ...(settings.RUNBOOK_IDENTITY !== undefined && { identity: settings.RUNBOOK_IDENTITY }),
    ...(settings.RUNBOOK_ALERTMANAGER !== undefined && { alertmanager: settings.RUNBOOK_ALERTMANAGER }),
    ...(settings.RUNBOOK_ACCESS !== undefined && { access: settings.RUNBOOK_ACCESS }),
    ...(settings.RUNBOOK_VOTE_KEY !== undefined && { voteKey: settings.RUNBOOK_VOTE_KEY }),
    ...(settings.RUNBOOK_CHANNELS !== undefined && { channels: settings.RUNBOOK_CHANNELS }),
    ...(settings.RUNBOOK_CONSOLE !== undefined && { console: settings.RUNBOOK_CONSOLE }),
  });
}
