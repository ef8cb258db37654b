import { getUrl } from '../systems/http.js';

/** Requests that may wait for their answer at once: a service that hangs is not piled upon. */
const mostWaiting = 50;
const timeoutSeconds = 10;

interface Requests {
  url: string;
  headers: Record<string, string>;
  perSecond: number;
}

/**
 * Sends requests at a steady pace, whatever the answers: the metrics tell how those went. At most 50 wait at once; one that
 * would be more is left out.
 */
export function startRequests({ url, headers, perSecond }: Requests): { stop(): void } {
  let waiting = 0;
  const timer = setInterval(() => {
    if (waiting >= mostWaiting) return;
    waiting++;
    void getUrl(url, { headers, timeoutSeconds }).finally(() => waiting--);
  }, 1000 / perSecond);
  return { stop: () => clearInterval(timer) };
}
