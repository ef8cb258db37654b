import { RunbookError } from '../../../core/errors.js';
import type { RunRecord } from '../../../core/record.js';
import { exitCodeOf } from '../../exit-code.js';
import { momentsAfter, momentsOf } from '../../runs/moments.js';
import { readRecord } from '../../runs/read-record.js';
import { EventStream } from '../event-stream.js';
import { demand, identityOf, type Api, type ApiParts } from '../parts.js';
import { problemOf } from '../problem.js';
import { RunId, RunPath, workflowIdOfPath } from '../schemas.js';

/** More than a server of two cores should hold open. */
const mostStreams = 1000;

/** What happens in a run, as it happens. */
export function eventRoutes(api: Api, parts: ApiParts): void {
  let open = 0;
  api.get(
    '/v1/runs/:kind/:environment/:name/events',
    {
      schema: {
        summary: 'A run as it happens, as server-sent events: "record" at each change, "moment" for each thing, "end"',
        params: RunPath,
        querystring: RunId,
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      identityOf(request);
      const { runId } = request.query;
      const reference = { workflowId: workflowIdOfPath(request.params), ...(runId && { runId }) };
      const { record } = await readRecord(parts.session, reference);
      const { kind, environment, service } = record;
      await demand(parts, request, { verb: 'read', kind, environment, service });
      if (open >= mostStreams)
        throw new RunbookError('TooMany', `expected at most ${mostStreams} streams, found them open`);
      const header = request.headers['last-event-id'];
      let lastId = typeof header === 'string' ? header : undefined;
      open += 1;
      reply.hijack();
      const watch: { leave: () => void } = { leave: () => undefined };
      const stream = new EventStream(reply.raw, () => {
        open -= 1;
        watch.leave();
      });
      const tell = (seen: RunRecord) => {
        for (const moment of momentsAfter(momentsOf(seen), lastId)) {
          stream.send('moment', moment, moment.id);
          lastId = moment.id;
        }
        stream.send('record', seen);
      };
      // The run that was meant, also when another one takes its place.
      watch.leave = parts.followers.follow(
        { workflowId: record.workflowId, runId: record.runId },
        {
          onRecord: tell,
          onEnd(end) {
            if (end instanceof RunbookError) stream.send('problem', problemOf(end));
            else if (end.outcome) stream.send('end', { outcome: end.outcome, exitCode: exitCodeOf(end.outcome) });
            stream.end();
          },
        },
      );
      if (reply.raw.destroyed) watch.leave();
    },
  );
}
