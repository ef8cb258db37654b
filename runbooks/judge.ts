import { z } from 'zod';
import { seconds } from './fields.js';

const address = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !/\/\/[^/]*@/.test(url), { error: 'expected an address without a user and password' });

const pods = z
  .strictObject({
    port: z.int().min(1).max(65_535).describe('Port on which each pod serves its metrics'),
    path: z.string().startsWith('/').default('/metrics'),
    every: seconds.prefault('1s'),
    reach: z
      .enum(['proxy', 'address'])
      .default('proxy')
      .describe('proxy: through the API server (the worker needs get on pods/proxy); address: straight to the pods'),
  })
  .describe('A second eye: the metrics of the canary’s and the stable pods, read from the pods themselves');

const check = z
  .strictObject({
    name: z.string().min(1).max(80),
    query: z
      .string()
      .min(1)
      .describe(
        'PromQL for one value. {{pods}} becomes a regular expression for the pods’ names, {{namespace}} theirs',
      ),
    below: z.number().optional(),
    above: z.number().optional(),
    noWorseThan: z.literal('stable').optional().describe('The query is asked for the stable pods as well'),
    worse: z.enum(['higher', 'lower']).default('higher').describe('Which way is worse, for noWorseThan'),
    by: z.number().min(0).default(0.1).describe('As a share: 0.1 lets the canary be worse by a tenth, for noWorseThan'),
  })
  .refine((found) => [found.below, found.above, found.noWorseThan].filter((each) => each !== undefined).length === 1, {
    error: 'expected exactly one of below, above and noWorseThan',
  });

const unseen = z
  .strictObject({
    after: seconds.prefault('10m'),
    then: z.enum(['rollback', 'ask', 'hold']).default('rollback'),
  })
  .prefault({})
  .describe(
    'What becomes of a canary that cannot be seen, answers nothing, or stays in doubt for so long. Until then it is held',
  );

const synthetic = z
  .strictObject({
    url: address.describe('Where users’ requests go, so that both versions get them by the weights'),
    headers: z.record(z.string(), z.string()).default({}),
    perSecond: z.number().min(0.1).max(100),
  })
  .describe('Requests of our own while a step lasts, for a service that has too few');

/** How a canary is compared with the stable version. */
export const judge = z
  .strictObject({
    prometheus: address.optional(),
    pods: pods.optional(),
    requests: z.string().default('http_requests_total').describe('Counter of requests'),
    latency: z.string().default('http_request_duration_seconds').describe('Histogram, without _bucket'),
    statusLabel: z.string().default('code').describe('Label of the counter that holds the HTTP status'),
    podLabel: z.string().default('pod').describe('Label that names the pod of a series'),
    namespaceLabel: z.string().default('namespace'),
    falseAbortsPerThousand: z
      .number()
      .min(0.01)
      .max(100)
      .default(10)
      .describe('Good releases taken back, at most, over a whole run'),
    smallestHarmWorthCatching: z.number().min(0.001).max(1).default(0.02).describe('As a share: 0.02 is 2 points more'),
    minimumRequests: z.int().min(1).default(50).describe('Requests that the canary must have answered at each step'),
    baseline: seconds.prefault('10m').describe('How far back the stable version is looked at'),
    checks: z.array(check).max(20).default([]),
    unseen,
    synthetic: synthetic.optional(),
  })
  .refine(({ prometheus, pods: direct }) => prometheus !== undefined || direct !== undefined, {
    error: 'expected judge.prometheus, judge.pods or both: something must see the canary',
  })
  .refine(({ prometheus, checks }) => checks.length === 0 || prometheus !== undefined, {
    path: ['checks'],
    error: 'expected judge.prometheus beside checks: their queries are asked there',
  })
  .refine(({ checks }) => new Set(checks.map(({ name }) => name)).size === checks.length, {
    path: ['checks'],
    error: 'expected a name of its own for each check',
  })
  .describe('How the canary is compared with the stable version that runs at the same time');

export type Judge = z.infer<typeof judge>;
export type Check = Judge['checks'][number];
