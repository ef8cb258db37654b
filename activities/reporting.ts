import { Context } from '@temporalio/activity';

const everyMs = 2000;

/** How far a long activity is: what people see while it lasts. */
export interface ByteProgress {
  /** What is being done, in a few words. */
  doing: string;
  bytes: number;
  totalBytes?: number;
}

/** What another worker goes on from, and how far this one is. */
interface Beat {
  progress: ByteProgress;
  kept: unknown;
}

/**
 * Tells Temporal every two seconds how far an activity is, and what another worker needs to go on. Its signal is aborted when the run is
 * aborted, or when this worker must stop.
 */
export async function reporting<T>(
  progress: ByteProgress,
  work: (reporter: { signal: AbortSignal; resume: unknown; keep: (kept: unknown) => void }) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const resume = (context.info.heartbeatDetails as Beat | undefined)?.kept;
  let kept: unknown = resume;
  const beat = () => context.heartbeat({ progress, kept } satisfies Beat);
  const timer = setInterval(beat, everyMs);
  try {
    const keep = (value: unknown) => {
      kept = value;
    };
    return await work({ signal: context.cancellationSignal, resume, keep });
  } finally {
    clearInterval(timer);
  }
}
