import { z } from 'zod';
import { outcomes, runKinds } from '../../core/record.js';
import { Problem } from './problem.js';

/** What a route may answer: what it promises, or a problem. */
export function answers<Schema extends z.ZodType>(ok: Schema): { 200: Schema; default: typeof Problem } {
  return { 200: ok, default: Problem };
}

/** Where a run is: the parts of its workflow id. */
export const RunPath = z.object({
  kind: z
    .string()
    .regex(/^[A-Za-z]{1,20}$/)
    .describe('The first part of the run’s id, as "deploy"'),
  environment: z.string().regex(/^[a-z0-9-]{1,63}$/),
  name: z
    .string()
    .regex(/^[\w.@+-]{1,100}$/)
    .describe('The service, or the credential'),
});

export const RunId = z.object({ runId: z.uuid().optional().describe('An earlier run; default: the newest') });

/** The id of the run that a path means. */
export function workflowIdOfPath({ kind, environment, name }: z.infer<typeof RunPath>): string {
  return `${kind}/${environment}/${name}`;
}

export const ListedRun = z
  .object({
    workflowId: z.string(),
    runId: z.string(),
    kind: z.enum(runKinds),
    service: z.string(),
    environment: z.string(),
    state: z.string(),
    waitingFor: z.string().optional(),
    requestedBy: z.string().optional(),
    startedAt: z.string(),
    finishedAt: z.string().optional(),
  })
  .meta({ id: 'ListedRun' });

/** The whole record; what is named here is what callers may rely on. */
export const RunRecord = z
  .looseObject({
    workflowId: z.string(),
    runId: z.string(),
    kind: z.enum(runKinds),
    service: z.string(),
    environment: z.string(),
    phase: z.enum(['planning', 'waiting', 'acting', 'asking', 'undoing', 'finished']),
    startedAt: z.string(),
    finishedAt: z.string().optional(),
    outcome: z.object({ name: z.enum(outcomes), code: z.string().optional(), message: z.string() }).optional(),
  })
  .meta({ id: 'RunRecord' });

export const Plan = z
  .looseObject({
    kind: z.enum(runKinds),
    subject: z.string(),
    changes: z.array(z.object({ what: z.string(), from: z.string(), to: z.string() })),
    wayBack: z.string(),
    notes: z.array(z.string()),
    hash: z.string(),
  })
  .meta({ id: 'Plan' });

export const RecordedVote = z
  .looseObject({
    by: z.string(),
    verdict: z.enum(['approve', 'reject']),
    plan: z.string(),
    trust: z.string(),
    at: z.string(),
  })
  .meta({ id: 'RecordedVote' });

export const comment = z.string().max(2000).exactOptional();
