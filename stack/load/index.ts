import { createWriteStream } from 'node:fs';
import { Agent } from 'node:http';
import { finished } from 'node:stream/promises';
import { isFailed, type RequestRecord } from './request-record.js';
import { sendRequest } from './send-request.js';
import { type LoadSummary, summarize } from './summary.js';
import { parseTarget } from './target.js';

export type { LoadSummary } from './summary.js';

/** What to send, where, and how often. */
export interface LoadOptions {
  url: string;
  /** The Host header, by which the gateway chooses the route. */
  host: string;
  requestsPerSecond: number;
  /** Where each request is written as one line of JSON. */
  logFile?: string;
  /** The load ends by itself after this time, should nobody stop it. */
  maximumSeconds?: number;
}

/** A running load. */
export interface Load {
  /** Sends no more, waits for the answers that are due, and sums up. */
  stop(): Promise<LoadSummary>;
  /** What is known so far. */
  summary(): LoadSummary;
  /** What became of the requests that were sent from one moment up to another. */
  between(from: Date | number, to: Date | number): LoadSummary;
  /** The requests since a moment that failed, with all that is known of each. */
  failuresSince(from: Date | number): RequestRecord[];
  /** Resolves when the load has ended, by `stop` or by its maximum time. */
  ended: Promise<void>;
}

const limits = { requestsPerSecond: 200, seconds: 1800 };

/** Sends requests at a fixed rate, however slowly they are answered: a slow service must not lighten its own load. */
export function startLoad(options: LoadOptions): Load {
  const target = parseTarget(options.url);
  const maximumSeconds = options.maximumSeconds ?? limits.seconds;
  checkRange('requestsPerSecond', options.requestsPerSecond, limits.requestsPerSecond);
  checkRange('maximumSeconds', maximumSeconds, limits.seconds);
  const agent = new Agent({ keepAlive: true });
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
  const records: RequestRecord[] = [];
  const underWay = new Set<Promise<void>>();

  const send = async (): Promise<void> => {
    const record = await sendRequest(target, options.host, agent);
    records.push(record);
    log?.write(`${JSON.stringify(record)}\n`);
  };
  const sending = repeat(options.requestsPerSecond, maximumSeconds, () => {
    const request = send().finally(() => underWay.delete(request));
    underWay.add(request);
  });
  const ended = sending.ended.then(async () => {
    await Promise.all(underWay);
    agent.destroy();
    if (log) await finished(log.end());
  });

  return {
    ended,
    summary: () => summarize(records),
    between: (from, to) => summarize(records.filter(({ at }) => at >= Number(from) && at < Number(to))),
    failuresSince: (from) => records.filter((record) => record.at >= Number(from) && isFailed(record)),
    stop: async () => {
      sending.stop();
      await ended;
      return summarize(records);
    },
  };
}

// Each send has its moment on the clock, so that a late timer is made up for and the rate holds.
function repeat(perSecond: number, seconds: number, act: () => void): { stop(): void; ended: Promise<void> } {
  const begin = performance.now();
  const { promise: ended, resolve } = withResolvers();
  const stop = (): void => {
    clearInterval(timer);
    resolve();
  };
  let done = 0;
  const timer = setInterval(
    () => {
      const elapsedSeconds = (performance.now() - begin) / 1000;
      const due = Math.floor(Math.min(elapsedSeconds, seconds) * perSecond);
      for (; done < due; done += 1) act();
      if (elapsedSeconds >= seconds) stop();
    },
    Math.min(20, 1000 / perSecond),
  );
  return { stop, ended };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

function checkRange(name: string, value: number, most: number): void {
  if (!(value > 0 && value <= most)) throw new Error(`load: ${name} ${value}: wanted more than 0 and at most ${most}`);
}
