import { z } from 'zod';
import type { Verb } from '../../../core/access.js';
import type { RunRecord } from '../../../core/record.js';
import { RunbookError } from '../../../core/errors.js';
import { abort, choose, promote } from '../../runs/decide.js';
import { readRecord } from '../../runs/read-record.js';
import { workerHint } from '../../failures.js';
import { castVote } from '../cast-vote.js';
import { demand, identityOf, type Api, type ApiParts } from '../parts.js';
import { answers, comment, RecordedVote, RunId, RunPath, workflowIdOfPath } from '../schemas.js';

const Ballot = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  plan: z
    .string()
    .regex(/^[0-9a-f]{6,64}$/, 'expected 6 digits of the plan’s hash at least')
    .describe('What was seen'),
  comment,
});
const Decision = z.object({ workflowId: z.string(), runId: z.string(), by: z.string() });

type Path = z.infer<typeof RunPath>;

/** A run that a worker answers for: the newest, or the one that was on somebody's screen. */
async function readAnswering(
  { session }: ApiParts,
  { params, query: { runId } }: { params: Path; query: z.infer<typeof RunId> },
): Promise<RunRecord> {
  const reference = { workflowId: workflowIdOfPath(params), ...(runId && { runId }) };
  const { record, withoutWorker } = await readRecord(session, reference);
  if (!withoutWorker) return record;
  throw new RunbookError('TemporalUnreachable', `${record.workflowId}: no worker answers; ${workerHint}`);
}

/** What people decide about a run. */
export function decisionRoutes(api: Api, parts: ApiParts): void {
  api.post(
    '/v1/runs/:kind/:environment/:name/votes',
    {
      schema: {
        summary: 'Votes at a run’s gate. Whether it counts is answered at once, and recorded',
        params: RunPath,
        querystring: RunId,
        body: Ballot,
        response: answers(RecordedVote),
      },
    },
    async (request) => {
      identityOf(request);
      const record = await readAnswering(parts, request);
      const { kind, environment, service } = record;
      // Who may not even look writes nothing into its record.
      const identity = await demand(parts, request, { verb: 'read', kind, environment, service });
      return { ...(await castVote(parts, record, identity, request.body)) };
    },
  );
  orderRoute(api, parts, {
    path: 'choices',
    verb: 'decide',
    summary: 'Says what to do about a step that failed and asks',
    body: z.strictObject({ action: z.enum(['retry', 'skip', 'rollback']), comment }),
    order: choose,
  });
  orderRoute(api, parts, {
    path: 'abort',
    verb: 'abort',
    summary: 'Stops a run and takes back what it did',
    body: z.strictObject({ leave: z.boolean().exactOptional().describe('Leave everything as it stands'), comment }),
    order: abort,
  });
  orderRoute(api, parts, {
    path: 'promotion',
    verb: 'decide',
    summary: 'Goes on without the end of a comparison',
    body: z.strictObject({ full: z.boolean().exactOptional().describe('And without any further one'), comment }),
    order: promote,
  });
}

interface Order<Body extends z.ZodType<object>> {
  path: string;
  verb: Verb;
  summary: string;
  body: Body;
  order: (
    session: ApiParts['session'],
    run: { workflowId: string; runId: string },
    given: z.output<Body> & { by: string },
  ) => Promise<void>;
}

function orderRoute<Body extends z.ZodType<object>>(
  api: Api,
  parts: ApiParts,
  { path, verb, summary, body, order }: Order<Body>,
): void {
  api.post(
    `/v1/runs/:kind/:environment/:name/${path}`,
    { schema: { summary, params: RunPath, querystring: RunId, body, response: answers(Decision) } },
    async (request) => {
      identityOf(request);
      const { workflowId, runId, kind, environment, service } = await readAnswering(parts, request);
      const { name: by } = await demand(parts, request, { verb, kind, environment, service });
      await order(parts.session, { workflowId, runId }, { ...(request.body as z.output<Body>), by });
      return { workflowId, runId, by };
    },
  );
}
