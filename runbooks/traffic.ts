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
    z.strictObject({
      by: z.literal('ingressNginx'),
      ingress: name.describe('The main Ingress; beside it one for the canary is made, and removed afterwards'),
      service: name.describe('The stable Service that the Ingress sends to'),
    }),
    z.strictObject({
      by: z.literal('istio'),
      virtualService: name,
      service: name.describe('The stable Service that the VirtualService sends to'),
      route: z
        .string()
        .min(1)
        .optional()
        .describe('Name of one HTTP route, where not all that send to the Service are meant'),
    }),
    z.strictObject({ by: z.literal('replicas') }),
  ])
  .describe(
    'How a share of the traffic reaches the canary: weights of a Gateway API HTTPRoute, canary annotations of ingress-nginx, ' +
      'weights of an Istio VirtualService, or the ratio of pods',
  );

export type Traffic = z.infer<typeof traffic>;
