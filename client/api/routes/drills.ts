import { z } from 'zod';
import { RunbookError } from '../../../core/errors.js';
import { makeDrillReport } from '../../report/drill-report.js';
import { readDrills } from '../../runs/read-drills.js';
import { demand, type Api, type ApiParts } from '../parts.js';
import { answers } from '../schemas.js';
import { sharedReads } from '../shared-read.js';

const Path = z.object({
  environment: z.string().regex(/^[a-z0-9-]{1,63}$/),
  service: z.string().regex(/^[\w.@+-]{1,100}$/),
});

const DrillReport = z
  .looseObject({
    service: z.string(),
    environment: z.string(),
    madeAt: z.string(),
    drills: z.array(
      z.looseObject({ runId: z.string(), startedAt: z.string(), verdict: z.enum(['met', 'missed', 'failed']) }),
    ),
  })
  .meta({ id: 'DrillReport' });

const most = 100;

/** What restores have shown: how long they took, and how much would have been lost. */
export function drillRoutes(api: Api, parts: ApiParts): void {
  const read = sharedReads({ holdsMs: 5000, most: 50 }, async (id) =>
    makeDrillReport(await readDrills(parts.session, id, most), new Date()),
  );
  api.get(
    '/v1/drills/:environment/:service',
    {
      schema: {
        summary: 'What the drills of a service have shown, the newest first',
        params: Path,
        response: answers(DrillReport),
      },
    },
    async (request) => {
      const { environment, service } = request.params;
      await demand(parts, request, { verb: 'read', kind: 'drill', environment, service });
      const report = await read(`drill/${environment}/${service}`);
      if (!report)
        throw new RunbookError('NotFound', `${service} in ${environment}: expected a drill that has ended, found none`);
      return { ...report, drills: report.drills.map((each) => ({ ...each })) };
    },
  );
}
