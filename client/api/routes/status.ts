import { z } from 'zod';
import { messageOf } from '../../../core/errors.js';
import { runbooksQueue } from '../../../core/names.js';
import { countPollers } from '../../runs/task-queues.js';
import { readMetrics } from '../../metrics/read-metrics.js';
import { demand, type Api, type ApiParts } from '../parts.js';
import { sharedRead } from '../shared-read.js';

const Health = z.object({ ready: z.boolean(), temporal: z.string() });

/** What probes ask, and what the API can do. */
export function statusRoutes(api: Api, parts: ApiParts): void {
  const { session } = parts;
  // Anybody may ask, so Temporal is not asked for each.
  const look = sharedRead(2000, async () => {
    try {
      const workers = await countPollers(session, runbooksQueue);
      return { ready: true, temporal: `answers; ${workers} worker(s) poll "${runbooksQueue}"` };
    } catch (error) {
      return { ready: false, temporal: messageOf(error) };
    }
  });
  const open = { config: { open: true } };
  api.get('/livez', { ...open, schema: { response: { 200: z.object({ live: z.boolean() }) } } }, () => ({
    live: true,
  }));
  api.get('/readyz', { ...open, schema: { response: { 200: Health, 503: Health } } }, async (_, reply) => {
    const health = await look();
    return reply.status(health.ready ? 200 : 503).send(health);
  });
  // It names every service: whoever scrapes shows a token of somebody who may read all.
  api.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    await demand(parts, request, { verb: 'read' });
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await readMetrics(session, new Date()));
  });
  api.get('/openapi.json', { ...open, schema: { hide: true } }, () => api.swagger());
}
