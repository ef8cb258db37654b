import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { StackEnvironment } from '../stack/index.js';
import { builtFile } from '../stack/locations.js';
import { waitFor } from '../stack/wait.js';
import { readUsage, type ProcessUsage } from './process-usage.js';

/** A worker process whose memory is read from outside. */
export interface IdleWorker {
  maxCachedWorkflows: number;
  usage(): ProcessUsage;
  stop(): Promise<void>;
}

/** Starts a worker whose activities do nothing. */
export async function startIdleWorker(environment: StackEnvironment, logFile: string): Promise<IdleWorker> {
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [builtFile('bench/idle-worker.js')], {
    // Node's own limits: the figure is for a worker as it is started by default.
    env: { ...process.env, ...environment, NODE_OPTIONS: '' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const ended = once(child, 'exit');
  const ready = () => Promise.resolve(/^ready (\d+)$/m.exec(readFileSync(logFile, 'utf8'))?.[1]);
  const maxCachedWorkflows = Number(await waitFor({ what: 'idle worker ready', seconds: 30, next: logFile }, ready));
  return {
    maxCachedWorkflows,
    usage: () => readUsage(child.pid ?? 0),
    async stop() {
      process.off('exit', endWithUs);
      child.kill('SIGTERM');
      await ended;
    },
  };
}
