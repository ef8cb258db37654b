import { serve, type Served } from './served.js';

/** Starts a worker as users run it. */
export function startWorker(environment: NodeJS.ProcessEnv, logFile: string): Promise<Served> {
  return serve({
    ...{ name: 'worker', words: ['workers/main.js'], ready: /worker starts/, logFile },
    environment: { ...environment, RUNBOOK_HEALTH_PORT: '0' },
  });
}
