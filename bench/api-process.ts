import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtFile } from '../stack/locations.js';
import { waitFor } from '../stack/wait.js';
import { readUsage, type ProcessUsage } from './process-usage.js';

/** The API as users run it: a process of its own. */
export interface ApiProcess {
  address: string;
  usage(): ProcessUsage;
  stop(): Promise<void>;
}

/** Starts it on a free port. */
export async function startApiProcess(environment: NodeJS.ProcessEnv, runbooks: string): Promise<ApiProcess> {
  const words = ['api', '--runbooks', runbooks, '--port', '0', '--rate', '1000000'];
  const child = spawn(process.execPath, [builtFile('client/cli/main.js'), ...words], {
    env: { ...process.env, ...environment, RUNBOOK_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ready = () => Promise.resolve(/^api: (http:\S+?)\/ /m.exec(said)?.[1]);
  const address = await waitFor({ what: 'an API that listens', seconds: 30, next: 'what it said: runbook api' }, ready);
  return {
    address,
    usage: () => readUsage(child.pid ?? 0),
    async stop() {
      process.off('exit', endWithUs);
      child.kill('SIGINT');
      await ended;
    },
  };
}
