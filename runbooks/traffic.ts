import { z } from 'zod';
import { name } from './fields.js';

/** How a share of the traffic reaches a canary. */
export const traffic = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('httpRoute'),
      httpRoute: name,
      service: name.describe('The stable Service that the route sends to'),
    }),
    z.strictObject({ by: z.literal('replicas') }),
  ])
  .describe('How a share of the traffic reaches the canary: weights of a Gateway API HTTPRoute, or the ratio of pods');

export type Traffic = z.infer<typeof traffic>;
