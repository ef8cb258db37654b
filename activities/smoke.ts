import { sleep } from '@temporalio/activity';
import { RunbookError } from '../core/errors.js';
import { redact } from '../core/redact.js';
import type { Deploy } from '../runbooks/deploy.js';
import { getUrl, type HttpAnswer } from '../systems/http.js';

type SmokeTest = Deploy['smoke'][number];

/** A check may fail while a gateway still learns of new pods: it is repeated for so long where it says nothing else. */
const usualPatienceSeconds = 30;
const pauseMs = 500;

/** What is wrong with an answer: wanted and found; undefined when nothing is. */
export function findFault(check: SmokeTest, answer: HttpAnswer): string | undefined {
  if (answer.error !== undefined) return `expected status ${check.status}, found ${answer.error}`;
  if (answer.status !== check.status) return `expected status ${check.status}, found ${answer.status}`;
  if (answer.seconds > check.within)
    return `expected an answer within ${check.within} s, found ${answer.seconds.toFixed(2)} s`;
  if (check.contains !== undefined && !answer.body.includes(check.contains)) {
    return `expected a body with "${check.contains}", found "${redact(answer.body).slice(0, 120)}"`;
  }
  return undefined;
}

async function passes(check: SmokeTest, startMs: number): Promise<string> {
  const patienceSeconds = check.patience ?? usualPatienceSeconds;
  for (;;) {
    const answer = await getUrl(check.url, { headers: check.headers, timeoutSeconds: Math.max(1, check.within * 2) });
    const fault = findFault(check, answer);
    if (fault === undefined) return `${check.name ?? new URL(check.url).pathname} ${answer.seconds.toFixed(2)} s`;
    if (Date.now() > startMs + patienceSeconds * 1000)
      throw new RunbookError('SmokeTestFailed', `smoke test ${redact(check.url)}: ${fault}, for ${patienceSeconds} s`);
    await sleep(pauseMs);
  }
}

/** The activity that asks a released service whether it works. */
export function createSmokeActivities() {
  return {
    /** @throws RunbookError SmokeTestFailed. */
    async smokeTest({ checks }: { checks: SmokeTest[] }): Promise<string> {
      const startMs = Date.now();
      const passed = [];
      for (const check of checks) passed.push(await passes(check, startMs));
      return passed.join(', ') || 'none';
    },
  };
}
