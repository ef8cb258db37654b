import { z } from 'zod';
import { verbs } from '../../../core/access.js';
import { runKinds } from '../../../core/record.js';
import { mayDo, rolesOf } from '../../../policies/access.js';
import { identityOf, type Api, type ApiParts } from '../parts.js';
import { answers } from '../schemas.js';

/** Who asks, and what they may. */
export function identityRoutes(api: Api, { readAccess }: ApiParts): void {
  api.get(
    '/v1/whoami',
    {
      schema: {
        summary: 'Who asks',
        response: answers(
          z.object({
            name: z.string(),
            via: z.string(),
            groups: z.array(z.string()),
            roles: z.array(z.string()),
            environments: z.array(z.string()).optional(),
          }),
        ),
      },
    },
    async (request) => {
      const identity = identityOf(request);
      return { ...identity, roles: rolesOf(await readAccess(), identity) };
    },
  );
  api.get(
    '/v1/can-i',
    {
      schema: {
        summary: 'Whether whoever asks may do something',
        querystring: z.object({
          verb: z.enum(verbs),
          kind: z.enum(runKinds).optional(),
          environment: z.string().min(1).optional(),
          service: z.string().min(1).optional(),
        }),
        response: answers(z.object({ allowed: z.boolean(), why: z.string() })),
      },
    },
    async (request) => {
      const { verb, kind, environment, service } = request.query;
      const action = { verb, ...(kind && { kind }), ...(environment && { environment }), ...(service && { service }) };
      return mayDo(await readAccess(), identityOf(request), action);
    },
  );
}
