import { z } from 'zod';
import { seconds } from './fields.js';
import { judge } from './judge.js';
import { release } from './release.js';
import { traffic } from './traffic.js';

const step = z.strictObject({
  weight: z.int().min(1).max(100).describe('Percent of the traffic'),
  atLeast: seconds.prefault('30s').describe('Shortest time at this weight'),
  atMost: seconds.prefault('24h').describe('Longest time at this weight; then what judge.unseen says'),
  minimumRequests: z.int().min(1).optional().describe('Overrides judge.minimumRequests for this step'),
});

const watchAfter = z
  .strictObject({
    for: seconds.describe('For example 24h or 7d'),
    every: seconds.prefault('1m').describe('Between two looks; every 15s in the first ten minutes'),
  })
  .describe(
    'The comparison goes on after the last step. The stable version’s pods stay until then, so the way back is one change of weights; ' +
      'so does the run’s lock: a newer release overtakes it, or ends it early with "runbook promote"',
  );

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
    watchAfter: watchAfter.optional(),
  })
  .refine(({ steps }) => weightsGrow(steps), {
    path: ['steps'],
    error: 'expected weights that grow from step to step',
    // Told together with whatever else is wrong.
    when: ({ value }) => Array.isArray((value as { steps?: unknown } | undefined)?.steps),
  });

export type Canary = z.infer<typeof Canary>;
export type CanaryStep = Canary['steps'][number];
