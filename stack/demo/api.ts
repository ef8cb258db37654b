import { join } from 'node:path';
import { packageRoot } from '../locations.js';
import { serve, type Served } from './served.js';

/** Starts the HTTP API and its console as users run it; answers where it listens. */
export async function startApi(environment: NodeJS.ProcessEnv, logFile: string): Promise<Served & { address: string }> {
  const words = ['client/cli/main.js', 'api', '--runbooks', join(packageRoot, 'runbooks'), '--port', '0'];
  const served = await serve({ name: 'api', words, ready: /^api: /, environment, logFile });
  return { ...served, address: /http:\/\/[^/]+/.exec(served.said)?.[0] ?? '' };
}
