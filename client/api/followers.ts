import { RunbookError } from '../../core/errors.js';
import type { RunRecord } from '../../core/record.js';
import type { Session } from '../connection.js';
import { followRun } from '../runs/follow-run.js';
import type { RunReference } from '../runs/run-reference.js';

/** Somebody who watches a run. */
export interface Listener {
  onRecord(record: RunRecord): void;
  /** The run has ended, or cannot be watched any more. */
  onEnd(end: RunRecord | RunbookError): void;
}

interface Followed {
  listeners: Set<Listener>;
  last?: RunRecord;
  leave: AbortController;
}

const longestSeconds = 7 * 86_400;

/** Runs that are watched: each is asked for once, however many watch it. */
export class Followers {
  private readonly runs = new Map<string, Followed>();

  constructor(private readonly session: Session) {}

  /** Tells a listener all that is known, and then each change. Answers how to stop. */
  follow(run: RunReference, listener: Listener): () => void {
    const key = `${run.workflowId} ${run.runId ?? ''}`;
    const followed = this.runs.get(key) ?? this.begin(key, run);
    followed.listeners.add(listener);
    if (followed.last) listener.onRecord(followed.last);
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size === 0) this.forget(key, followed);
    };
  }

  private begin(key: string, run: RunReference): Followed {
    const followed: Followed = { listeners: new Set(), leave: new AbortController() };
    this.runs.set(key, followed);
    const onRecord = (record: RunRecord) => {
      followed.last = record;
      for (const listener of followed.listeners) listener.onRecord(record);
    };
    const follower = { onRecord, onTrouble: () => undefined, live: true, signal: followed.leave.signal };
    const end = (how: RunRecord | RunbookError) => {
      this.forget(key, followed);
      for (const listener of followed.listeners) listener.onEnd(how);
    };
    followRun(this.session, run, { ...follower, timeoutSeconds: longestSeconds }).then(end, (error: unknown) =>
      end(
        error instanceof RunbookError
          ? error
          : new RunbookError('Unexpected', 'the run cannot be watched', { cause: error }),
      ),
    );
    return followed;
  }

  private forget(key: string, followed: Followed): void {
    if (this.runs.get(key) === followed) this.runs.delete(key);
    followed.leave.abort();
  }

  /** Ends all watching: the server stops. */
  close(): void {
    for (const { leave } of this.runs.values()) leave.abort();
  }
}
