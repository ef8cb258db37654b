import { setTimeout as sleep } from 'node:timers/promises';
import { redact } from '../core/redact.js';
import { getUrl } from './http.js';

/** An address that is asked for so that the caches behind it are filled. */
export interface WarmedAddress {
  url: string;
  headers: Record<string, string>;
  /** How often it must be answered. */
  times: number;
}

const requestSeconds = 10;
const pauseMs = 500;
/** Addresses asked at a time: a service that has just come back must not be stormed. */
const atOnce = 4;

/** Asks until it was answered `times` times or the time is over; says the first and the last time, in seconds. */
async function warmOne({ url, headers, times }: WarmedAddress, endMs: number): Promise<string> {
  const seconds: number[] = [];
  let found = 'no time left';
  while (seconds.length < times && Date.now() < endMs) {
    const timeoutSeconds = Math.min(requestSeconds, Math.max(0.1, (endMs - Date.now()) / 1000));
    const answer = await getUrl(url, { headers, timeoutSeconds });
    if (answer.error === undefined && answer.status !== undefined && answer.status >= 200 && answer.status < 400) {
      seconds.push(answer.seconds);
    } else {
      found = answer.error ?? `HTTP ${answer.status}`;
      await sleep(Math.max(0, Math.min(pauseMs, endMs - Date.now())));
    }
  }
  const [first, last] = [seconds[0], seconds.at(-1)].map((each) => each?.toFixed(2));
  const shown = first === undefined ? '' : times === 1 ? ` ${first} s` : ` ${first} s → ${last} s`;
  const missing =
    seconds.length < times ? ` NOT warm: ${seconds.length} of ${times} answered, found ${redact(found)}` : '';
  return `${redact(url)}${shown}${missing}`;
}

/** Asks for every address, a few at a time, for `withinSeconds` altogether. Never fails: it tells which are not warm. */
export async function warmAddresses(addresses: WarmedAddress[], withinSeconds: number): Promise<string[]> {
  const endMs = Date.now() + withinSeconds * 1000;
  const told: string[] = [];
  const left = [...addresses.entries()];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, address] = next;
      told[index] = await warmOne(address, endMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return told;
}
