import proto from '@temporalio/proto';
import type { CanaryPoint, Counts } from '../../core/record.js';
import type { Session } from '../connection.js';
import { decodePayload } from './decode-payload.js';

const { EVENT_TYPE_ACTIVITY_TASK_COMPLETED } = proto.temporal.api.enums.v1.EventType;

/** A look is eleven events; the newest that has ended is among these. */
const newestEvents = 15;

/** What one look has left behind, as far as it is of interest here. */
interface Look {
  carried: { judgement: { canary: Counts; stable: Counts }; readUntilSeconds?: number };
  trouble?: string;
}

function isLook(value: unknown): value is Look {
  return typeof value === 'object' && value !== null && 'carried' in value;
}

/** What the newest look of a comparison shows that goes on after the last step; undefined before the first one has ended. */
export async function readLastLook(
  session: Session,
  workflowId: string,
  weight: number,
): Promise<{ points: CanaryPoint[]; waitsFor?: string } | undefined> {
  const { history } = await session.client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: session.namespace,
    execution: { workflowId },
    maximumPageSize: newestEvents,
  });
  const ended = history?.events?.find(({ eventType }) => eventType === EVENT_TYPE_ACTIVITY_TASK_COMPLETED);
  const payload = ended?.activityTaskCompletedEventAttributes?.result?.payloads?.[0];
  const look = payload && (await decodePayload(session, payload));
  if (!isLook(look)) return undefined;
  const { judgement, readUntilSeconds } = look.carried;
  const { canary, stable } = judgement;
  const points =
    readUntilSeconds === undefined
      ? []
      : [{ at: new Date(readUntilSeconds * 1000).toISOString(), weight, canary, stable }];
  return { points, ...(look.trouble !== undefined && { waitsFor: `cannot see: ${look.trouble}` }) };
}
