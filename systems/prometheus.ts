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
  data?: {
    resultType: string;
    result: Array<{ metric?: Record<string, string>; value?: [number, string]; values?: Array<[number, string]> }>;
  };
}

/** Asks for an expression at this moment. */
async function ask(prometheus: string, query: string): Promise<NonNullable<Answer['data']>> {
  const url = new URL(`${prometheus.replace(/\/$/, '')}/api/v1/query`);
  url.searchParams.set('query', query);
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
  if (answer.status === 'success' && answer.data) return answer.data;
  const code = status === 400 || status === 422 ? 'Refused' : 'MetricsUnreachable';
  throw new RunbookError(code, `${where}: query ${query}: ${answer.error ?? `HTTP ${status}`}`);
}

/**
 * The raw samples of an expression's last seconds: a range selector evaluated at one instant, so no rate() and no grid of
 * steps stands between us and what was scraped.
 * @throws RunbookError MetricsUnreachable, Refused (the query is wrong).
 */
export async function readSamples(prometheus: string, selector: string, rangeSeconds: number): Promise<RawSeries[]> {
  const { result } = await ask(prometheus, `${selector}[${Math.ceil(rangeSeconds)}s]`);
  return result.map(({ metric = {}, values = [] }) => ({
    labels: metric,
    samples: values
      .map(([at, value]): [number, number] => [at, Number(value)])
      .filter(([, value]) => Number.isFinite(value)),
  }));
}

/**
 * The one value of an expression now; undefined where there is none, or it is no number: nothing can be said then.
 * @throws RunbookError MetricsUnreachable, Refused (the query is wrong, or answers several series).
 */
export async function readValue(prometheus: string, query: string): Promise<number | undefined> {
  const { resultType, result } = await ask(prometheus, query);
  // A scalar comes as [time, value], everything else as a list of series.
  const values = resultType === 'scalar' ? [result[1] as unknown as string] : result.map(({ value }) => value?.[1]);
  if (values.length > 1) {
    throw new RunbookError(
      'Refused',
      `query ${query}: expected one value, found ${values.length} series; sum() or max() it`,
    );
  }
  const value = Number(values[0] ?? NaN);
  return Number.isFinite(value) ? value : undefined;
}
