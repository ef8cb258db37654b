import { WorkflowNotFoundError } from '@temporalio/client';
import { RunbookError } from '../../core/errors.js';
import type { RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { ambiguous } from './find-runs.js';
import { readRecord } from './read-record.js';
import type { RunReference } from './run-reference.js';
import { visibilityValue } from './visibility-value.js';

/** Records that are read side by side. */
const readAtOnce = 8;

function queryOf(name: string): string {
  const which = name.includes('/')
    ? `WorkflowId = '${visibilityValue('run', name)}'`
    : `RunbookService = '${visibilityValue('service', name)}'`;
  return `WorkflowType = 'drill' AND ${which}`;
}

async function findDrills(session: Session, name: string, most: number): Promise<Array<Required<RunReference>>> {
  const found = new Map<string, Required<RunReference> & { startedAt: number }>();
  for await (const { workflowId, runId, startTime } of session.client.workflow.list({ query: queryOf(name) })) {
    found.set(runId, { workflowId, runId, startedAt: startTime.getTime() });
    if (found.size >= most) break;
  }
  const ids = [...new Set([...found.values()].map(({ workflowId }) => workflowId))];
  if (ids.length > 1) throw ambiguous(name, ids);
  // Visibility lags behind: the latest run is read from Temporal itself.
  const workflowId = ids[0] ?? (name.includes('/') ? name : undefined);
  const latest = workflowId === undefined ? undefined : await readLatest(session, workflowId);
  if (latest) found.set(latest.runId, latest);
  return [...found.values()].sort((a, b) => b.startedAt - a.startedAt).slice(0, most);
}

async function readLatest(session: Session, workflowId: string) {
  try {
    const { runId, startTime, type } = await session.client.workflow.getHandle(workflowId).describe();
    return type === 'drill' ? { workflowId, runId, startedAt: startTime.getTime() } : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Records of a service's drills, the newest first, by its name or the id of its drills.
 * @throws RunbookError NotFound; InvalidRequest where several could be meant.
 */
export async function readDrills(session: Session, name: string, most: number): Promise<RunRecord[]> {
  const drills = await findDrills(session, name, most);
  if (drills.length === 0)
    throw new RunbookError(
      'NotFound',
      `${name}: expected a drill that Temporal still knows, found none; start one by "runbook drill FILE"`,
    );
  const records: RunRecord[] = [];
  for (let start = 0; start < drills.length; start += readAtOnce) {
    const some = drills.slice(start, start + readAtOnce);
    records.push(...(await Promise.all(some.map(async (run) => (await readRecord(session, run)).record))));
  }
  return records;
}
