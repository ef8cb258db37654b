import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackEnvironment } from '../index.js';
import { builtFile } from '../locations.js';
import { StackError } from '../stack-error.js';

const readyWithinMs = 30_000;

/** Starts a worker as users run it; answers how to stop it. */
export async function startWorker(environment: StackEnvironment, logFile: string): Promise<() => Promise<void>> {
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [builtFile('workers/main.js')], {
    env: { ...process.env, ...environment, RUNBOOK_HEALTH_PORT: '0' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = Date.now() + readyWithinMs;
  while (!readFileSync(logFile, 'utf8').includes('worker starts')) {
    if (child.exitCode !== null) throw new StackError(`worker: ended with ${child.exitCode}; see ${logFile}`);
    if (Date.now() > end)
      throw new StackError(`worker: expected it to start within ${readyWithinMs / 1000} s; see ${logFile}`);
    await sleep(100);
  }
  return async () => {
    process.off('exit', endWithUs);
    child.kill('SIGTERM');
    await ended;
  };
}
