import { setTimeout as pause } from 'node:timers/promises';
import { storeFailure } from './failures.js';
import type { Connection } from './connect.js';

/** How long a call without a large body may take. */
export const callSeconds = 30;

const firstPauseMs = 100;
const longestPauseMs = 5000;
/** Also where each of them takes longer than the patience. */
const leastTries = 3;

/**
 * Tries again while the store does not answer or answers 5xx, until the connection's patience is over. Pauses are random ("full
 * jitter"): https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 * @throws RunbookError the last failure; the signal's own reason.
 */
export async function tryOften<T>(
  connection: Connection,
  what: string,
  signal: AbortSignal | undefined,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  let end: number | undefined;
  for (let tries = 0; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(tries);
    } catch (error) {
      signal?.throwIfAborted();
      const failure = storeFailure(connection, what, error);
      end ??= performance.now() + connection.patienceSeconds * 1000;
      const patient = tries + 1 < leastTries || performance.now() < end;
      if (failure.code !== 'StoreUnreachable' || !patient) throw failure;
    }
    const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** tries);
    // An end of the waiting by the signal is told at the top of the loop.
    await pause(Math.random() * longest, undefined, signal && { signal }).catch(() => undefined);
  }
}

/** Ends what it does when it has been silent for so long; `alive` says that it was not. */
export async function bounded<T>(
  silentSeconds: number,
  signal: AbortSignal | undefined,
  act: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const late = () => controller.abort(new Error(`no answer for ${silentSeconds} s`));
  const timer = setTimeout(late, silentSeconds * 1000);
  const stop = () => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  // Whatever the SDK does with its signal: nobody waits longer.
  const ended = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
    if (controller.signal.aborted) reject(controller.signal.reason as Error);
  });
  try {
    return await Promise.race([ended, act(controller.signal, () => void timer.refresh())]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
