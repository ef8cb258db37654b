import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from '@temporalio/worker';
import { messageOf } from '../core/errors.js';

/** What probes and Prometheus ask a worker. */
export interface Health {
  port: number;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });

async function scrape(metricsAddress: string): Promise<Answer> {
  try {
    const response = await fetch(`http://${metricsAddress}/metrics`, { signal: AbortSignal.timeout(2000) });
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await response.text() };
  } catch (error) {
    return text(503, `metrics: ${messageOf(error)}\n`);
  }
}

/** Serves /livez (the process answers), /readyz (every worker polls) and /metrics (Temporal's own, from its exporter). */
export async function serveHealth(options: {
  host: string;
  port: number;
  workers: () => Worker[];
  metricsAddress: string;
}): Promise<Health> {
  const answer = async (path: string): Promise<Answer> => {
    if (path === '/livez') return text(200, 'ok\n');
    if (path === '/metrics') return scrape(options.metricsAddress);
    if (path !== '/readyz') return text(404, 'expected /livez, /readyz or /metrics\n');
    const states = options.workers().map((worker) => `${worker.options.taskQueue}: ${worker.getState()}`);
    const ready = states.length > 0 && states.every((state) => state.endsWith('RUNNING'));
    return text(ready ? 200 : 503, `${states.join('\n')}\n`);
  };
  const server = http.createServer((request, response) => {
    void answer((request.url ?? '/').split('?')[0] ?? '/').then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
