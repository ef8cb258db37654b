import type { ByteProgress, RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { decodePayload } from './decode-payload.js';
import type { RunReference } from './run-reference.js';

const kinds: ReadonlySet<string> = new Set(['backup', 'drill', 'restore']);

function progressOf(details: unknown): ByteProgress | undefined {
  if (typeof details !== 'object' || details === null || !('progress' in details)) return undefined;
  const { progress } = details;
  const isProgress =
    typeof progress === 'object' && progress !== null && 'bytes' in progress && typeof progress.bytes === 'number';
  return isProgress ? (progress as ByteProgress) : undefined;
}

/** Adds to a record how far its running step is, in bytes: the workflow learns only of its end, the heartbeats tell it before. */
export async function addLiveProgress(session: Session, run: RunReference, record: RunRecord): Promise<RunRecord> {
  const step = record.steps.at(-1);
  if (!kinds.has(record.kind) || record.phase !== 'acting' || step?.state !== 'running') return record;
  const { raw } = await session.client.workflow.getHandle(run.workflowId, run.runId).describe();
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    const payload = heartbeatDetails?.payloads?.[0];
    const progress = payload && progressOf(await decodePayload(session, payload));
    if (progress) return { ...record, steps: [...record.steps.slice(0, -1), { ...step, progress }] };
  }
  return record;
}
