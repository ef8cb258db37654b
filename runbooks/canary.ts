import { z } from 'zod';
import { release, seconds } from './fields.js';
import { judge } from './judge.js';
import { traffic } from './traffic.js';

const step = z.strictObject({
  weight: z.int().min(1).max(100).describe('Percent of the traffic'),
  atLeast: seconds.prefault('30s').describe('Shortest time at this weight'),
  minimumRequests: z.int().min(1).optional().describe('Overrides judge.minimumRequests for this step'),
});

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
