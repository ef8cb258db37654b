import { z } from 'zod';
import { image, name } from '../../../runbooks/fields.js';
import { demand, type Api, type ApiParts } from '../parts.js';
import { rollBack } from '../roll-back.js';
import { answers } from '../schemas.js';

/** Back to what ran before. */
export function rollbackRoutes(api: Api, parts: ApiParts): void {
  api.post(
    '/v1/rollbacks',
    {
      schema: {
        summary:
          'Takes a service back: a release in flight takes itself back, else a run of its own does. It waits at no gate',
        body: z.strictObject({
          service: name,
          environment: name,
          to: image.optional().describe('An earlier image; default: the one before'),
          reason: z.string().max(500).optional(),
        }),
        response: answers(
          z.object({ workflowId: z.string(), runId: z.string(), did: z.enum(['takenBack', 'started', 'again']) }),
        ),
      },
    },
    async (request) => {
      const { service, environment } = request.body;
      const identity = await demand(parts, request, { verb: 'run', kind: 'rollback', environment, service });
      const { run, did } = await rollBack(parts, identity, request.body);
      return { ...run, did };
    },
  );
}
