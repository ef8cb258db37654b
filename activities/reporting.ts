import { Context } from '@temporalio/activity';
import type { ByteProgress } from '../core/record.js';
import { createByteRate } from './byte-rate.js';

const everyMs = 2000;

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
  const rate = createByteRate();
  const beat = () => {
    const bytesPerSecond = rate(progress.bytes, performance.now());
    const told = bytesPerSecond === undefined ? progress : { ...progress, bytesPerSecond };
    context.heartbeat({ progress: told, kept } satisfies Beat);
  };
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
