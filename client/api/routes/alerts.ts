import { createHash } from 'node:crypto';
import { z } from 'zod';
import { errorTable, messageOf, RunbookError } from '../../../core/errors.js';
import { explainFailure } from '../../failures.js';
import { startOnce } from '../../runs/start-once.js';
import { demand, identityOf, type Api, type ApiParts } from '../parts.js';
import { prepareRequest } from '../prepare-request.js';
import { rollBack } from '../roll-back.js';
import { readFromFolder } from '../runbook-folder.js';
import { answers } from '../schemas.js';
import { actionsOf } from './runbooks.js';

const labels = z.record(z.string(), z.string());

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config; what is not named here does not matter. */
const Notification = z.looseObject({
  version: z.literal('4'),
  groupKey: z.string().max(10_000),
  status: z.enum(['firing', 'resolved']),
  alerts: z.array(z.looseObject({ status: z.enum(['firing', 'resolved']), labels, startsAt: z.string() })).max(1000),
});
type Firing = z.infer<typeof Notification>['alerts'][number];

const Taken = z.object({
  label: z.string(),
  did: z.enum(['started', 'again', 'takenBack', 'refused']),
  workflowId: z.string().optional(),
  why: z.string().optional(),
});
type Taken = z.infer<typeof Taken>;

/** Labels of an alert that say what is to be run. */
const asked = {
  runbook: 'runbook',
  environment: 'environment',
  service: 'service',
  value: /^runbook_([A-Z][A-Z0-9_]*)$/,
};

/** More than an alert group means to start. */
const mostRuns = 20;

/** Alerts that start runbooks: what a label names, once for each alert group while it fires. */
export function alertRoutes(api: Api, parts: ApiParts): void {
  api.post(
    '/v1/alerts',
    {
      schema: {
        summary: 'Takes what an Alertmanager sends. The label "runbook" names a file of the folder, or "rollback"',
        body: Notification,
        response: answers(z.object({ runs: z.array(Taken) })),
      },
    },
    async (request) => {
      await demand(parts, request, { verb: 'run' });
      const firing = request.body.alerts.filter(({ status, labels: of }) => status === 'firing' && asked.runbook in of);
      // The same for several alerts of a group is asked for once: by those that began first.
      const wanted = new Map<string, Firing>();
      for (const alert of firing.sort((a, b) => a.startsAt.localeCompare(b.startsAt))) {
        const what = JSON.stringify(wishOf(alert));
        if (!wanted.has(what) && wanted.size < mostRuns) wanted.set(what, alert);
      }
      const runs: Taken[] = [];
      for (const alert of wanted.values()) runs.push(await take(parts, request, request.body.groupKey, alert));
      return { runs };
    },
  );
}

function wishOf({ labels: of }: Firing) {
  const values = Object.entries(of).flatMap(([label, value]): Array<[string, string]> => {
    const name = asked.value.exec(label)?.[1];
    return name === undefined ? [] : [[name, value]];
  });
  const { [asked.runbook]: runbook = '', [asked.environment]: environment, [asked.service]: service } = of;
  return { runbook, environment, service, values: Object.fromEntries(values) };
}

/** Does what an alert asks for. What cannot help when it is sent again is answered, and not an error: an Alertmanager would only repeat it. */
async function take(
  parts: ApiParts,
  request: Parameters<typeof demand>[1],
  groupKey: string,
  alert: Firing,
): Promise<Taken> {
  const wish = wishOf(alert);
  const key = createHash('sha256')
    .update(JSON.stringify([groupKey, alert.startsAt, wish]))
    .digest('hex');
  const reason = `alert ${alert.labels['alertname'] ?? groupKey}`.slice(0, 500);
  try {
    const { run, did } = await begin(parts, request, wish, { key, reason });
    return { label: wish.runbook, did, workflowId: run.workflowId };
  } catch (error) {
    const explained = explainFailure(error);
    if (!(explained instanceof RunbookError) || errorTable[explained.code].retry) throw error;
    return { label: wish.runbook, did: 'refused', why: messageOf(explained) };
  }
}

async function begin(
  parts: ApiParts,
  request: Parameters<typeof demand>[1],
  { runbook, environment, service, values }: ReturnType<typeof wishOf>,
  { key, reason }: { key: string; reason: string },
): Promise<Awaited<ReturnType<typeof rollBack>>> {
  if (runbook === 'rollback') {
    if (!environment || !service)
      throw new RunbookError(
        'InvalidRequest',
        'a rollback: expected the labels "service" and "environment", found not both',
      );
    const identity = await demand(parts, request, { verb: 'run', kind: 'rollback', environment, service });
    return rollBack(parts, identity, { service, environment, reason }, key);
  }
  const checked = await readFromFolder(parts.runbooks, { runbook, environment, values });
  const identity = identityOf(request);
  await demand(parts, request, ...actionsOf('run', checked.runbook));
  const prepared = await prepareRequest(parts, checked, identity, { reason });
  const { run, again } = await startOnce(parts.session, prepared, {
    key,
    by: identity.name,
    asked: { runbook, environment, values },
  });
  return { run, did: again ? 'again' : 'started' };
}
