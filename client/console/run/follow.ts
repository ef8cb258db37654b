import type { RunRecord } from '../../../core/record.js';
import type { SeenRun } from '../answers.js';
import { ask, pathOfRun, Refusal } from '../ask.js';
import { whileVisible } from '../polled.js';

export interface Watcher {
  onSeen(seen: SeenRun): void;
  /** Nobody answers, or not any more. It is tried again. */
  onTrouble(problem: unknown): void;
}

/** Whether a worker answers is not in the stream: the whole is asked for now and then. */
const lookEverySeconds = 10;

/**
 * Watches a run as long as somebody can see it: each change as the API tells it. Browsers hold only six connections to one address, so
 * a page in the background holds none.
 */
export function followRun(workflowId: string, runId: string | undefined, watcher: Watcher): () => void {
  const path = pathOfRun(workflowId);
  const query = runId === undefined ? {} : { runId };
  let stream: EventSource | undefined;
  let ended = false;
  const closeStream = () => {
    stream?.close();
    stream = undefined;
  };
  const openStream = () => {
    const opened = new EventSource(`${path}/events?${new URLSearchParams(query).toString()}`);
    stream = opened;
    opened.addEventListener('record', ({ data }: MessageEvent<string>) =>
      watcher.onSeen({ record: JSON.parse(data) as RunRecord, withoutWorker: false }),
    );
    opened.addEventListener('end', closeStream);
    // It cannot be watched any more: the next look says why, or begins anew.
    opened.addEventListener('problem', closeStream);
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED) closeStream();
      else watcher.onTrouble(new Refusal(0, ''));
    };
  };
  const looking = whileVisible(lookEverySeconds, async () => {
    if (ended) return true;
    try {
      const seen = await ask<SeenRun>(path, query);
      watcher.onSeen(seen);
      ended = seen.record.outcome !== undefined;
      if (!ended && !stream && !document.hidden) openStream();
      return true;
    } catch (error) {
      watcher.onTrouble(error);
      return false;
    }
  });
  const onHidden = () => {
    if (document.hidden) closeStream();
  };
  document.addEventListener('visibilitychange', onHidden);
  return () => {
    looking.stop();
    closeStream();
    document.removeEventListener('visibilitychange', onHidden);
  };
}
