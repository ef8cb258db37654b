import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { logOf } from '../daemons.js';
import { builtFile } from '../locations.js';
import { reportStep } from '../progress.js';
import type { Starting } from '../starting.js';
import { waitFor } from '../wait.js';

/** Starts the gateway, which sends traffic to pods by the weights of HTTPRoutes and lists the pods for Prometheus. */
export async function startGateway(starting: Starting, kubeconfig: string, port: number): Promise<void> {
  const { layout } = starting;
  await reportStep(starting.say, 'gateway', 'starting', async () => {
    await mkdir(layout.gateway, { recursive: true });
    await mkdir(dirname(layout.targets), { recursive: true });
    // Prometheus accepts an absent file, but says so every few seconds.
    if (!existsSync(layout.targets)) await writeFile(layout.targets, '[]\n');
    const parameters = [
      ...[builtFile('stack/gateway/main.js'), '--kubeconfig', kubeconfig, '--directory', layout.gateway],
      ...['--port', String(port), '--targets', layout.targets],
    ];
    starting.start({ name: 'gateway', command: process.execPath, parameters }, `http://127.0.0.1:${port}`);
    const next = logOf(layout, 'gateway');
    await waitFor({ what: 'gateway ready', seconds: 30, next, signal: starting.signal }, () =>
      Promise.resolve(existsSync(join(layout.gateway, 'ready'))),
    );
  });
}
