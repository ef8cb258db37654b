import { z } from 'zod';
import { runKinds } from '../../../core/record.js';
import { mayDo } from '../../../policies/access.js';
import { exitCodeOf } from '../../exit-code.js';
import { listPage } from '../../runs/list-page.js';
import { readRecord } from '../../runs/read-record.js';
import { startOnce } from '../../runs/start-once.js';
import { demand, identityOf, type Api, type ApiParts } from '../parts.js';
import { prepareRequest } from '../prepare-request.js';
import { readFromFolder } from '../runbook-folder.js';
import { answers, ListedRun, RunId, RunPath, RunRecord, workflowIdOfPath } from '../schemas.js';
import { sharedReads } from '../shared-read.js';
import { actionsOf, RunbookRequest } from './runbooks.js';

/** How old what is told may be: it spares Temporal where many look at the same. */
const holdsMs = 500;

const Filter = z.object({
  kind: z.enum(runKinds).optional(),
  service: z.string().min(1).max(100).optional(),
  environment: z.string().min(1).max(63).optional(),
  state: z.string().min(1).max(30).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(4000).optional().describe('"next" of the page before'),
});

const StartRequest = RunbookRequest.extend({
  reason: z.string().max(500).optional(),
  breakGlass: z
    .string()
    .min(10)
    .max(500)
    .optional()
    .describe('Why it goes ahead in a freeze or without proof; recorded'),
});

const Started = z.object({ workflowId: z.string(), runId: z.string(), url: z.string() });

/** Runs: the list, one of them, and the start of one. */
export function runRoutes(api: Api, parts: ApiParts): void {
  readRoutes(api, parts);
  api.post(
    '/v1/runs',
    {
      schema: {
        summary: 'Starts a run. The same Idempotency-Key within a week starts it once',
        headers: z.object({
          'idempotency-key': z
            .string()
            .regex(/^[\x21-\x7e]{1,200}$/, 'expected up to 200 printable characters')
            .optional(),
        }),
        body: StartRequest,
        response: { ...answers(Started), 201: Started },
      },
    },
    async (request, reply) => {
      const { reason, breakGlass, ...asked } = request.body;
      await demand(parts, request, { verb: 'run' });
      const checked = await readFromFolder(parts.runbooks, asked);
      const identity = await demand(
        parts,
        request,
        ...actionsOf('run', checked.runbook),
        ...(breakGlass === undefined ? [] : actionsOf('breakGlass', checked.runbook)),
      );
      const prepared = await prepareRequest(parts, checked, identity, { reason, breakGlass });
      const key = request.headers['idempotency-key'];
      const { run, again } = await startOnce(
        parts.session,
        prepared,
        key && { key, by: identity.name, asked: request.body },
      );
      return reply.status(again ? 200 : 201).send({ ...run, url: `${parts.url}/#/runs/${run.workflowId}` });
    },
  );
}

function readRoutes(api: Api, parts: ApiParts): void {
  const { session, readAccess } = parts;
  const readList = sharedReads({ holdsMs, most: 200 }, (key) =>
    listPage(session, JSON.parse(key) as z.infer<typeof Filter>),
  );
  api.get(
    '/v1/runs',
    {
      schema: {
        summary: 'Runs, open ones first, the newest first of each',
        querystring: Filter,
        response: answers(z.object({ runs: z.array(ListedRun), next: z.string().optional() })),
      },
    },
    async (request) => {
      const identity = await demand(parts, request, { verb: 'read' });
      const { runs, next } = await readList(JSON.stringify(request.query));
      const access = await readAccess();
      const mayRead = ({ kind, environment, service }: (typeof runs)[number]) =>
        mayDo(access, identity, { verb: 'read', kind, environment, service }).allowed;
      return { runs: runs.filter(mayRead), ...(next !== undefined && { next }) };
    },
  );
  const readOne = sharedReads({ holdsMs, most: 500 }, (key) =>
    readRecord(session, JSON.parse(key) as { workflowId: string }),
  );
  api.get(
    '/v1/runs/:kind/:environment/:name',
    {
      schema: {
        summary: 'The record of a run',
        params: RunPath,
        querystring: RunId,
        response: answers(
          z.object({
            record: RunRecord,
            withoutWorker: z.boolean().describe('No worker answers: only what Temporal knows by itself'),
            exitCode: z.int().optional().describe('Of a run that has ended'),
          }),
        ),
      },
    },
    async (request) => {
      identityOf(request);
      const { runId } = request.query;
      const reference = { workflowId: workflowIdOfPath(request.params), ...(runId && { runId }) };
      const { record, withoutWorker } = await readOne(JSON.stringify(reference));
      const { kind, environment, service, outcome } = record;
      await demand(parts, request, { verb: 'read', kind, environment, service });
      return { record: { ...record }, withoutWorker, ...(outcome && { exitCode: exitCodeOf(outcome) }) };
    },
  );
}
