import { lastDuration, rememberDuration, renderDuration } from './binaries/durations.js';

/** Takes one line for people. */
export type Say = (line: string) => void;

/** Says that a step starts and how long it took last time, does it, and says how long it took now. */
export async function reportStep<T>(say: Say, server: string, doing: string, work: () => Promise<T>): Promise<T> {
  const step = `${server}: ${doing}`;
  const last = lastDuration(step);
  say(`${step}${last === undefined ? '' : ` (took ${renderDuration(last)} last time)`}`);
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  await rememberDuration(step, seconds);
  say(`${step}: done in ${renderDuration(seconds)}`);
  return result;
}

/** Puts the time since now before every line. */
export function withElapsed(say: Say): Say {
  const began = performance.now();
  return (line) => say(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}
