import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, StackError } from './stack-error.js';

/** What to wait for, for how long, and where to look when it does not come. */
export interface Expectation {
  what: string;
  seconds: number;
  next: string;
  signal?: AbortSignal;
}

/** Tries until `attempt` gives something other than undefined or false, and ends with the last reason when time is up. */
export async function waitFor<T>(expected: Expectation, attempt: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + expected.seconds * 1000;
  let reason = 'no answer';
  for (;;) {
    expected.signal?.throwIfAborted();
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      if (error instanceof StackError) throw error;
      reason = describeError(error);
    }
    if (Date.now() > deadline) {
      throw new StackError(`${expected.what}: not after ${expected.seconds} s (${reason}); see ${expected.next}`);
    }
    await sleep(100);
  }
}
