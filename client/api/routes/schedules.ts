import type { ScheduleDescription } from '@temporalio/client';
import { z } from 'zod';
import { searchAttributes } from '../../../core/names.js';
import type { Identity } from '../../../core/access.js';
import { mayDo } from '../../../policies/access.js';
import { findSchedule, listSchedules } from '../../schedules/find-schedules.js';
import { backfillSchedule, pauseSchedule, resumeSchedule, triggerSchedule } from '../../schedules/operate.js';
import { readLedger } from '../../schedules/read-ledger.js';
import { demand, type Api, type ApiParts } from '../parts.js';
import { answers } from '../schemas.js';
import { sharedReads } from '../shared-read.js';

const Listed = z
  .looseObject({
    id: z.string(),
    environment: z.string(),
    service: z.string(),
    times: z.array(z.string()),
    timeZone: z.string(),
    paused: z.boolean(),
  })
  .meta({ id: 'Schedule' });

const Ledger = z
  .looseObject({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    entries: z.array(z.looseObject({})),
  })
  .meta({ id: 'Ledger' });

const SchedulePath = z.object({
  environment: z.string().regex(/^[a-z0-9-]{1,63}$/),
  name: z.string().regex(/^[a-z0-9-]{1,63}$/),
});
const path = '/v1/schedules/:environment/:name';
const moment = z.string().min(10).max(40);
const Operated = z.object({
  id: z.string(),
  by: z.string(),
  run: z.string().optional(),
  times: z.array(z.string()).optional(),
});

const idOf = ({ environment, name }: z.infer<typeof SchedulePath>) => `${environment}/${name}`;

/** What runs by the clock, and what became of each moment. */
export function scheduleRoutes(api: Api, parts: ApiParts): void {
  const { session, readAccess } = parts;
  const list = sharedReads({ holdsMs: 1000, most: 1 }, () => listSchedules(session));
  api.get(
    '/v1/schedules',
    {
      schema: {
        summary: 'The schedules, as "runbook schedule list" shows them',
        querystring: z.object({ environment: z.string().min(1).max(63).optional() }),
        response: answers(z.object({ schedules: z.array(Listed) })),
      },
    },
    async (request) => {
      const identity = await demand(parts, request, { verb: 'read' });
      const access = await readAccess();
      const { environment: wanted } = request.query;
      const schedules = (await list('all')).filter(
        ({ environment, service }) =>
          (wanted === undefined || wanted === environment) &&
          mayDo(access, identity, { verb: 'read', environment, service }).allowed,
      );
      return { schedules: schedules.map((each) => ({ ...each })) };
    },
  );
  api.get(
    `${path}/ledger`,
    {
      schema: {
        summary: 'What was due of a schedule, and what came of it: missed moments have a reason',
        params: SchedulePath,
        querystring: z.object({ days: z.coerce.number().int().min(1).max(366).default(7) }),
        response: answers(Ledger),
      },
    },
    async (request) => {
      const { description } = await find(parts, request, request.params, 'read');
      const ledger = await readLedger(session, description, { days: request.query.days, now: new Date() });
      return { ...ledger, entries: ledger.entries.map((each) => ({ ...each })) };
    },
  );
  operations(api, parts);
}

function operations(api: Api, parts: ApiParts): void {
  const { session } = parts;
  const add = <Body extends z.ZodType<object>>(
    verb: string,
    body: Body,
    operate: (description: ScheduleDescription, given: z.output<Body>, by: string) => Promise<object>,
  ) =>
    api.post(
      `${path}/${verb}`,
      { schema: { summary: `schedule ${verb}`, params: SchedulePath, body, response: answers(Operated) } },
      async (request) => {
        const { description, identity } = await find(parts, request, request.params, 'schedule');
        const { name: by } = identity;
        return { id: description.scheduleId, by, ...(await operate(description, request.body as z.output<Body>, by)) };
      },
    );
  add('pause', z.strictObject({ reason: z.string().min(1).max(500) }), async (description, { reason }, by) => {
    await pauseSchedule(session, description, { by, reason });
    return {};
  });
  add('resume', z.strictObject({}), async (description, _, by) => {
    await resumeSchedule(session, description, { by });
    return {};
  });
  add('trigger', z.strictObject({}), async (description) => ({ run: await triggerSchedule(session, description) }));
  add('backfill', z.strictObject({ from: moment, to: moment }), async (description, range) => ({
    times: await backfillSchedule(session, description, range),
  }));
}

/** A schedule that somebody may do something with. Its own words say what it is of, and not the path. */
async function find(
  parts: ApiParts,
  request: { identity: Identity | undefined },
  schedule: z.infer<typeof SchedulePath>,
  verb: 'read' | 'schedule',
): Promise<{ description: ScheduleDescription; identity: Identity }> {
  await demand(parts, request, { verb, environment: schedule.environment });
  const description = await findSchedule(parts.session, idOf(schedule));
  const environment = description.typedSearchAttributes.get(searchAttributes.environment) ?? schedule.environment;
  const service = description.typedSearchAttributes.get(searchAttributes.service);
  const identity = await demand(parts, request, { verb, environment, ...(service !== undefined && { service }) });
  return { description, identity };
}
