import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { CanaryPoint, RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import type { RunReference } from './run-reference.js';

/** What a comparison has seen so far, as far as it is of interest here. */
interface Seen {
  points: CanaryPoint[];
  trouble?: string;
}

async function decodePayload(session: Session, payload: Payload): Promise<unknown> {
  let payloads = [payload];
  // The first codec encrypts first, so it decrypts last.
  for (const codec of [...session.codecs].reverse()) payloads = await codec.decode(payloads);
  return payloads[0] && defaultPayloadConverter.fromPayload(payloads[0]);
}

function isSeen(value: unknown): value is Seen {
  return typeof value === 'object' && value !== null && 'points' in value && Array.isArray(value.points);
}

/** Adds to a canary's record what the comparison that goes on has seen: the workflow learns it at the comparison's end only. */
export async function addLivePoints(session: Session, run: RunReference, record: RunRecord): Promise<RunRecord> {
  const step = record.steps.at(-1);
  if (record.kind !== 'canary' || record.phase !== 'acting' || step?.state !== 'running') return record;
  const { raw } = await session.client.workflow.getHandle(run.workflowId, run.runId).describe();
  const watching = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'watchCanary');
  const payload = watching?.heartbeatDetails?.payloads?.[0];
  const seen = payload && (await decodePayload(session, payload));
  if (!isSeen(seen)) return record;
  const settled = record.measurements?.points ?? [];
  const newest = settled.at(-1)?.at ?? '';
  const points = [...settled, ...seen.points.filter(({ at }) => at > newest)];
  const steps = [
    ...record.steps.slice(0, -1),
    { ...step, ...(seen.trouble !== undefined && { result: seen.trouble }) },
  ];
  return { ...record, steps, measurements: { ...record.measurements, points } };
}
