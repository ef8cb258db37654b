import { z } from 'zod';
import { name, release, seconds } from './fields.js';

const traffic = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('httpRoute'),
      httpRoute: name,
      service: name.describe('The stable Service that the route sends to'),
    }),
    z.strictObject({ by: z.literal('replicas') }),
  ])
  .describe('How a share of the traffic reaches the canary: weights of a Gateway API HTTPRoute, or the ratio of pods');

const step = z.strictObject({
  weight: z.int().min(1).max(100).describe('Percent of the traffic'),
  atLeast: seconds.prefault('30s').describe('Shortest time at this weight'),
  minimumRequests: z.int().min(1).optional().describe('Overrides judge.minimumRequests for this step'),
});

const judge = z
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

/** Looks at what was written, whatever it is: it is asked also where steps are wrong in other ways. */
function weightsGrow(steps: ReadonlyArray<{ weight: number } | null>): boolean {
  return steps.every((step, index) => !step || !(step.weight <= (steps[index - 1]?.weight ?? -1)));
}

/** A second Deployment takes a growing share of the traffic and is compared with the stable one at each step. */
export const Canary = z
  .strictObject({
    kind: z.literal('canary'),
    ...release,
    traffic,
    steps: z.array(step).min(1).max(50),
    judge,
  })
  .refine(({ steps }) => weightsGrow(steps), {
    path: ['steps'],
    error: 'expected weights that grow from step to step',
    // Told together with whatever else is wrong.
    when: ({ value }) => Array.isArray((value as { steps?: unknown } | undefined)?.steps),
  });

export type Canary = z.infer<typeof Canary>;
export type CanaryStep = Canary['steps'][number];
export type Judge = Canary['judge'];
