import { afterEach, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import type { Worker } from '@temporalio/worker';
import { serveHealth, type Health } from '../../workers/health.js';
import { startHttpServer } from '../support/http-server.js';

const started: Array<() => unknown> = [];

afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
});

/** As much of a worker as probes look at. */
function workerOf(taskQueue: string, state: string): Worker {
  return { options: { taskQueue }, getState: () => state } as unknown as Worker;
}

async function serve(workers: Worker[] = [], metricsAddress = '127.0.0.1:1'): Promise<Health> {
  const health = await serveHealth({ host: '127.0.0.1', port: 0, workers: () => workers, metricsAddress });
  started.push(() => health.stop());
  return health;
}

async function get({ port }: Health, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.text() };
}

test('a process that answers is alive, whatever its workers do', async () => {
  expect(await get(await serve(), '/livez')).toEqual({ status: 200, body: 'ok\n' });
});

test('a worker is ready when each of its queues is polled', async () => {
  const health = await serve([workerOf('runbooks', 'RUNNING'), workerOf('runbooks-cluster', 'RUNNING')]);

  expect(await get(health, '/readyz?verbose')).toEqual({
    status: 200,
    body: 'runbooks: RUNNING\nrunbooks-cluster: RUNNING\n',
  });
});

test.each([[[]], [['INITIALIZED']], [['RUNNING', 'DRAINING']], [['STOPPED', 'RUNNING']], [['FAILED']]])(
  'a worker whose queues are %j is not ready, and says which',
  async (states) => {
    const health = await serve(states.map((state, index) => workerOf(`queue-${index}`, state)));

    expect(await get(health, '/readyz')).toEqual({
      status: 503,
      body: `${states.map((state, index) => `queue-${index}: ${state}`).join('\n')}\n`,
    });
  },
);

test('metrics are Temporal’s own', async () => {
  const exporter = await startHttpServer((request, response) =>
    response.end(`temporal_request 1 # ${request.url ?? ''}\n`),
  );
  started.push(() => exporter.close());
  const health = await serve([], new URL(exporter.url).host);

  expect(await get(health, '/metrics')).toEqual({ status: 200, body: 'temporal_request 1 # /metrics\n' });
});

test('metrics that cannot be had are an error, not an empty page', async () => {
  expect(await get(await serve(), '/metrics')).toMatchObject({
    status: 503,
    body: expect.stringMatching(/^metrics: ./),
  });
});

test('another path says which there are', async () => {
  expect(await get(await serve(), '/')).toEqual({ status: 404, body: 'expected /livez, /readyz or /metrics\n' });
});

test.each(['//', '//[', '/%', 'http://[/', '*'])(
  'a scanner that asks for %s does not stop the worker',
  async (path) => {
    const health = await serve();
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(health.port, '127.0.0.1', () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });

    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(await get(health, '/livez')).toMatchObject({ status: 200 });
  },
);

test('a port that is taken is an error at the start', async () => {
  const { port } = await serve();

  await expect(
    serveHealth({ host: '127.0.0.1', port, workers: () => [], metricsAddress: '127.0.0.1:1' }),
  ).rejects.toThrow('EADDRINUSE');
});

test('after the stop nobody answers', async () => {
  const health = await serve();
  await get(health, '/livez');

  await health.stop();

  await expect(get(health, '/livez')).rejects.toThrow();
});
