import { z } from 'zod';
import type { Runbook } from '../../../runbooks/index.js';
import type { Action, Verb } from '../../../core/access.js';
import { makePlan } from '../../runs/make-plan.js';
import { demand, identityOf, type Api, type ApiParts } from '../parts.js';
import { prepareRequest } from '../prepare-request.js';
import { listFolder, readFromFolder } from '../runbook-folder.js';
import { answers, Plan } from '../schemas.js';

/** A request for a runbook, wherever one is asked for. */
export const RunbookRequest = z.strictObject({
  runbook: z.string().min(1).max(300).describe('A file of the server’s folder'),
  environment: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .optional()
    .describe('Default: what the file says'),
  values: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'expected a name in capitals'), z.string().max(2000))
    .default({})
    .describe('For ${NAME}s that the environment leaves open'),
});

/** Everything that somebody must be allowed for a runbook: of a train, each of its releases. */
export function actionsOf(verb: Verb, runbook: Runbook): Action[] {
  const { kind, environment, service } = runbook;
  const releases = runbook.kind === 'train' ? runbook.releases.map((each) => each.runbook) : [];
  return [
    { verb, kind, environment, service },
    ...releases.map((each) => ({ verb, kind: each.kind, environment, service: each.service })),
  ];
}

/** The runbooks of the server's folder, and what a run of one would do. */
export function runbookRoutes(api: Api, parts: ApiParts): void {
  api.get(
    '/v1/runbooks',
    {
      schema: {
        summary: 'The files that may be asked for',
        response: answers(z.object({ runbooks: z.array(z.object({ file: z.string() })) })),
      },
    },
    async (request) => {
      identityOf(request);
      return { runbooks: (await listFolder(parts.runbooks)).map((file) => ({ file })) };
    },
  );
  api.post(
    '/v1/plans',
    { schema: { summary: 'What a run would do now; changes nothing', body: RunbookRequest, response: answers(Plan) } },
    async (request) => {
      // Whoever may plan nothing at all is not told what is wrong with a file.
      await demand(parts, request, { verb: 'plan' });
      const checked = await readFromFolder(parts.runbooks, request.body);
      const identity = await demand(parts, request, ...actionsOf('plan', checked.runbook));
      return { ...(await makePlan(parts.session, await prepareRequest(parts, checked, identity, {}))) };
    },
  );
}
