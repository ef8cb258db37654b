import { messageOf, RunbookError } from '../core/errors.js';
import { redact } from '../core/redact.js';

/** One series with its raw samples, oldest first. Times in seconds since the epoch. */
export interface RawSeries {
  labels: Record<string, string>;
  samples: Array<[atSeconds: number, value: number]>;
}

const requestTimeoutMs = 5000;

interface Answer {
  status: 'success' | 'error';
  error?: string;
  data?: { resultType: string; result: Array<{ metric: Record<string, string>; values?: Array<[number, string]> }> };
}

/**
 * The raw samples of an expression's last seconds: a range selector evaluated at one instant, so no rate() and no grid of
 * steps stands between us and what was scraped.
 * @throws RunbookError MetricsUnreachable, Refused (the query is wrong).
 */
export async function readSamples(prometheus: string, selector: string, rangeSeconds: number): Promise<RawSeries[]> {
  const url = new URL(`${prometheus.replace(/\/$/, '')}/api/v1/query`);
  url.searchParams.set('query', `${selector}[${Math.ceil(rangeSeconds)}s]`);
  const where = `prometheus ${redact(url.origin)}`;
  let status: number;
  let answer: Answer;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs) });
    status = response.status;
    answer = (await response.json()) as Answer;
  } catch (error) {
    // fetch() says only "fetch failed"; why stands in its cause.
    const cause = (error as { cause?: unknown }).cause ?? error;
    throw new RunbookError(
      'MetricsUnreachable',
      `${where}: expected an answer, found ${redact(messageOf(cause))}; check judge.prometheus in the runbook`,
    );
  }
  if (answer.status !== 'success' || !answer.data) {
    const code = status === 400 || status === 422 ? 'Refused' : 'MetricsUnreachable';
    throw new RunbookError(code, `${where}: query ${selector}: ${answer.error ?? `HTTP ${status}`}`);
  }
  return answer.data.result.map(({ metric, values = [] }) => ({
    labels: metric,
    samples: values
      .map(([at, value]): [number, number] => [at, Number(value)])
      .filter(([, value]) => Number.isFinite(value)),
  }));
}
