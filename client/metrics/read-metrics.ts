import { clusterQueue, runbooksQueue } from '../../core/names.js';
import type { Session } from '../connection.js';
import { explainFailure } from '../failures.js';
import { countPollers } from '../runs/task-queues.js';
import { EndedRuns } from './ended-runs.js';
import { exposeSamples, sample, secondsOf, type Sample } from './exposition.js';
import { readOpenRuns } from './open-runs.js';
import { ScheduleLedgers } from './schedules.js';

/** However many ask, Temporal is asked once in this time. */
const freshMs = 10_000;
/** Prometheus waits ten seconds unless it is told otherwise. */
const deadlineMs = 9000;

interface Reader {
  ended: EndedRuns;
  schedules: ScheduleLedgers;
  /** The last page, or the one that is being read. */
  page?: { at: number; text: Promise<string> };
}

const readers = new WeakMap<Session, Reader>();

/**
 * What Prometheus is told of the runs and schedules of a namespace, in its text format: up to ten seconds old. It remembers what it has
 * read of a session, so that the next page costs little.
 * @throws RunbookError TemporalUnreachable, Forbidden or InvalidSettings: a page that lacks what could not be read would look like good news.
 */
export async function readMetrics(session: Session, now: Date): Promise<string> {
  const reader = readers.get(session) ?? { ended: new EndedRuns(session), schedules: new ScheduleLedgers(session) };
  readers.set(session, reader);
  if (reader.page && now.getTime() - reader.page.at < freshMs) return reader.page.text;
  const page = { at: now.getTime(), text: readPage(session, reader, now) };
  reader.page = page;
  try {
    return await page.text;
  } catch (error) {
    // The next to ask asks Temporal again.
    if (reader.page === page) delete reader.page;
    throw error;
  }
}

async function readPage(session: Session, { ended, schedules }: Reader, now: Date): Promise<string> {
  try {
    const parts = await session.connection.withDeadline(Date.now() + deadlineMs, () =>
      Promise.all([readOpenRuns(session), ended.read(now), schedules.read(now), readPollers(session)]),
    );
    const read = sample('runbook_metrics_read_timestamp_seconds', {}, secondsOf(now));
    return await exposeSamples([...parts.flat(), read]);
  } catch (error) {
    throw explainFailure(error);
  }
}

async function readPollers(session: Session): Promise<Sample[]> {
  const asked = [
    { queue: runbooksQueue, tasks: 'workflow' },
    { queue: runbooksQueue, tasks: 'activity' },
    { queue: clusterQueue, tasks: 'activity' },
  ] as const;
  return Promise.all(
    asked.map(async (labels) => {
      return sample('runbook_task_queue_pollers', labels, await countPollers(session, labels.queue, labels.tasks));
    }),
  );
}
