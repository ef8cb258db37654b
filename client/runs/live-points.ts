import type { Payload } from '@temporalio/common';
import type { CanaryPoint, RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { decodePayload } from './decode-payload.js';
import { readLastLook } from './last-look.js';
import type { RunReference } from './run-reference.js';

/** What a comparison has seen so far, as far as it is of interest here. */
interface Seen {
  points: CanaryPoint[];
  trouble?: string;
  /** What the step still waits for, for people. */
  waitsFor?: string;
}

function isSeen(value: unknown): value is Seen {
  return typeof value === 'object' && value !== null && 'points' in value && Array.isArray(value.points);
}

/** What the heartbeat of the comparison carries, while one is compared. */
async function readHeartbeat(session: Session, payload: Payload | undefined): Promise<Seen | undefined> {
  const seen = payload && (await decodePayload(session, payload));
  return isSeen(seen) ? seen : undefined;
}

/**
 * Adds to a record what the comparison that goes on has seen and what it waits for: the workflow learns it at the comparison's end
 * only. A comparison while a step lasts tells it by heartbeats; the one after the last step is a child that looks now and then.
 */
export async function addLivePoints(session: Session, run: RunReference, record: RunRecord): Promise<RunRecord> {
  const step = record.steps.at(-1);
  const compares = record.kind === 'canary' || record.kind === 'blueGreen';
  if (!compares || record.phase !== 'acting' || step?.state !== 'running') return record;
  const { raw } = await session.client.workflow.getHandle(run.workflowId, run.runId).describe();
  const watching = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'watchCanary');
  const child = raw.pendingChildren?.find(({ workflowTypeName }) => workflowTypeName === 'watchAfter');
  const settled = record.measurements?.points ?? [];
  const seen: Seen | undefined = child
    ? await readLastLook(session, child.workflowId ?? '', settled.at(-1)?.weight ?? 100)
    : await readHeartbeat(session, watching?.heartbeatDetails?.payloads?.[0]);
  if (!seen) return record;
  const newest = settled.at(-1)?.at ?? '';
  const points = [...settled, ...seen.points.filter(({ at }) => at > newest)];
  const waitsFor = seen.waitsFor ?? seen.trouble;
  const steps = [...record.steps.slice(0, -1), { ...step, ...(waitsFor !== undefined && { result: waitsFor }) }];
  return { ...record, steps, measurements: { ...record.measurements, points } };
}
