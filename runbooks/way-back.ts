import { z } from 'zod';
import { seconds } from './fields.js';
import { author, branch, file, mayTakeToken, remote, username } from './git.js';

const address = z.url({ protocol: /^https?$/ });
const headers = z.record(z.string(), z.string()).default({});

const tokenFile = z
  .string()
  .min(1)
  .describe(
    'File below RUNBOOK_TOKEN_DIRECTORY of the worker that holds the token. The token itself never passes here',
  );

const flag = z
  .strictObject({
    api: z.literal('unleash').describe('The admin API that switches the flag'),
    url: address.describe('Address of the flag server, without /api'),
    flag: z.string().min(1),
    project: z.string().min(1).default('default'),
    environment: z.string().min(1).describe('The environment’s name in the flag server'),
    tokenFile,
    seenBy: z
      .strictObject({
        ofrep: address.describe('Address of what evaluates the flag for the services, without /ofrep: flagd, Flipt, …'),
        tokenFile: tokenFile.optional(),
        context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
      })
      .optional()
      .describe('Where to read back what services see, by the OpenFeature Remote Evaluation Protocol'),
    within: seconds.prefault('5s').describe('Off and read back for so long at most; then the next rung is taken'),
  })
  .describe('A feature flag that is switched off on the way back');

const git = z
  .strictObject({
    remote: remote.describe('Address of the repository: https, ssh, git or a path on the worker'),
    branch: branch.describe('The branch that the cluster is made of'),
    file: file.describe('The manifest or values that name the image'),
    mode: z
      .enum(['revert', 'pullRequest'])
      .default('revert')
      .describe(
        'revert: push to the branch; pullRequest: push a branch runbooks/rollback-SERVICE-RUN for people to merge',
      ),
    author,
    username,
    tokenFile: tokenFile.optional(),
  })
  .refine(mayTakeToken, {
    error: 'expected an http(s) remote: a token is sent with no other; ssh takes the worker’s key',
    path: ['tokenFile'],
  })
  .describe('The repository in which the image is set back');

const warm = z.strictObject({
  url: address,
  headers,
  times: z.int().min(1).max(100).default(1).describe('How often it is asked for'),
});

const within = seconds.prefault('30s').describe('Tried again until it holds, for so long at most');

const consistent = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('http'),
    name: z.string().min(1),
    url: address,
    headers,
    status: z.int().min(100).max(599).default(200),
    contains: z.string().optional().describe('Text that the body must contain'),
    within,
  }),
  z.strictObject({
    by: z.literal('sql'),
    name: z.string().min(1),
    sql: z.string().min(1).describe('One query with one value, such as select count(*) from …; it can change nothing'),
    database: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*_DATABASE_URL$/, 'expected a name that ends in _DATABASE_URL')
      .describe('Environment variable of the worker that holds the connection string, such as SHOP_DATABASE_URL'),
    expect: z.string().describe('The value, exactly as PostgreSQL writes it'),
    within,
  }),
]);

/** How a release is taken back besides traffic, pods and configuration, and what is looked at afterwards. */
export const wayBack = z
  .strictObject({
    flag: flag.optional(),
    git: git.optional(),
    afterwards: z
      .strictObject({
        warm: z.array(warm).default([]).describe('Addresses asked for after a rollback, so that caches are filled'),
        consistent: z.array(consistent).default([]).describe('What must hold after a rollback'),
      })
      .prefault({})
      .describe('What follows a rollback'),
  })
  .prefault({})
  .describe('The other rungs of the way back: a feature flag, the Git repository; and what follows a rollback');

export type WayBack = z.infer<typeof wayBack>;
export type FlagRung = NonNullable<WayBack['flag']>;
export type GitRung = NonNullable<WayBack['git']>;
export type WarmedAddress = WayBack['afterwards']['warm'][number];
export type ConsistencyCheck = WayBack['afterwards']['consistent'][number];
