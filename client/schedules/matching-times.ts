import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { Session } from '../connection.js';

/** As many as the server answers at once. */
const pageSize = 1000;
const mostPages = 50;

/**
 * When a schedule is due between two moments (milliseconds since 1970, both inside), with jitter: the server's own answer, from the
 * times that it has now.
 */
export async function matchingTimes(session: Session, scheduleId: string, from: number, to: number): Promise<number[]> {
  const found: number[] = [];
  // The server leaves the first moment itself out.
  let after = from - 1;
  for (let page = 0; page < mostPages; page++) {
    const { startTime } = await session.client.workflowService.listScheduleMatchingTimes({
      namespace: session.namespace,
      scheduleId,
      startTime: msToTs(after),
      endTime: msToTs(to),
    });
    const times = startTime.map(tsToMs);
    found.push(...times);
    after = times.at(-1) ?? to;
    if (times.length < pageSize) break;
  }
  return found;
}
