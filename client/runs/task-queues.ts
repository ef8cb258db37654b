import proto from '@temporalio/proto';
import type { Session } from '../connection.js';

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;

/** A poller that was not heard of for this long is taken for gone: a poll lasts a minute at most. */
const staleAfterMs = 75_000;

/** How many workers poll a queue now. */
export async function countPollers(
  session: Session,
  queue: string,
  tasks: 'workflow' | 'activity' = 'workflow',
): Promise<number> {
  const answer = await session.connection.workflowService.describeTaskQueue({
    namespace: session.namespace,
    taskQueue: { name: queue },
    taskQueueType: tasks === 'workflow' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
  });
  const fresh = answer.pollers.filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - staleAfterMs,
  );
  return new Set(fresh.map(({ identity }) => identity)).size;
}
