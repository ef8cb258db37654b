import type { Daemon } from './daemons.js';
import type { StackLayout } from './layout.js';
import type { Say } from './progress.js';

/** What every server's start is given. */
export interface Starting {
  layout: StackLayout;
  /** Aborted when nobody wants the stack any more or another server failed to start. */
  signal: AbortSignal;
  say: Say;
  /** Starts a server and watches it; `address` is what people see. */
  start: (daemon: Daemon, address?: string) => void;
}

/** Runs all at the same time; when one fails, the others are told to stop and are waited for, and its error is thrown. */
export async function startTogether<T extends readonly unknown[]>(
  starting: Starting,
  ...servers: { [K in keyof T]: (starting: Starting) => Promise<T[K]> }
): Promise<T> {
  const failed = new AbortController();
  const signal = AbortSignal.any([starting.signal, failed.signal]);
  const settled = await Promise.allSettled(
    servers.map((server) =>
      server({ ...starting, signal }).catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  if (failed.signal.aborted) throw failed.signal.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
