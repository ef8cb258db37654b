import { z } from 'zod';
import { seconds } from './fields.js';

/** How a canary is compared with the stable version. */
export const judge = z
  .strictObject({
    prometheus: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !/\/\/[^/]*@/.test(url), { error: 'expected an address without a user and password' }),
    requests: z.string().default('http_requests_total').describe('Counter of requests'),
    latency: z.string().default('http_request_duration_seconds').describe('Histogram, without _bucket'),
    statusLabel: z.string().default('code').describe('Label of the counter that holds the HTTP status'),
    podLabel: z.string().default('pod').describe('Label that names the pod of a series'),
    namespaceLabel: z.string().default('namespace'),
    falseAbortsPerThousand: z.number().min(0.01).max(100).default(1),
    smallestHarmWorthCatching: z.number().min(0.001).max(1).default(0.02).describe('As a share: 0.02 is 2 points more'),
    minimumRequests: z.int().min(1).default(50).describe('Requests that the canary must have answered at each step'),
    baseline: seconds.prefault('2m').describe('How far back the stable version is looked at'),
    unseenTimeout: seconds
      .prefault('3m')
      .describe('Longest time without answers, or in doubt, before the canary is taken back'),
  })
  .describe('How the canary is compared with the stable version that runs at the same time');

export type Judge = z.infer<typeof judge>;
