import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../../stack/load/index.js';
import { parseTarget } from '../../stack/load/target.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

test('a load sends at its rate and sums up by status, version and backend', async () => {
  let asked = 0;
  const url = await serve((request, response) => {
    asked += 1;
    const version = asked % 4 === 0 ? '1.6.0' : '1.4.0';
    response.writeHead(asked % 8 === 0 ? 500 : 200, {
      'x-version': version,
      'x-backend': String(request.headers.host),
    });
    response.end('{}');
  });
  const load = startLoad({ url, host: 'web.shop.local', requestsPerSecond: 100 });

  await sleep(1000);
  const summary = await load.stop();

  expect(summary.sent).toBeGreaterThanOrEqual(80);
  expect(summary.sent).toBeLessThanOrEqual(130);
  expect(summary.answered).toBe(summary.sent);
  expect(summary.failed).toBe(Math.floor(summary.sent / 8));
  expect(summary.byBackend).toEqual({ 'web.shop.local': summary.sent });
  expect(summary.byVersion['1.4.0']?.failed).toBe(0);
  expect(summary.byVersion['1.6.0']?.firstFailureAt).toBeInstanceOf(Date);
});

test('a slow service does not lighten its own load', async () => {
  const url = await serve((_request, response) => void setTimeout(() => response.end(), 400));
  const load = startLoad({ url, host: 'x', requestsPerSecond: 50 });

  await sleep(1000);
  const summary = await load.stop();

  expect(summary.sent).toBeGreaterThanOrEqual(40);
  expect(summary.answered).toBe(summary.sent);
  expect(summary.byVersion['none']?.p50Ms).toBeGreaterThanOrEqual(390);
});

test('a refused connection is a failed request with its reason', async () => {
  const url = await serve(() => undefined);
  servers.splice(0).forEach((server) => server.close());
  await sleep(20);
  const load = startLoad({ url, host: 'x', requestsPerSecond: 50, maximumSeconds: 0.2 });

  await load.ended;

  expect(load.summary().failed).toBe(load.summary().sent);
  expect(Object.keys(load.summary().errors)).toEqual(['ECONNREFUSED']);
});

test('an answer that breaks off is a failed request', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setTimeout(() => response.destroy(), 5);
  });
  const load = startLoad({ url, host: 'x', requestsPerSecond: 50, maximumSeconds: 0.1 });

  await load.ended;

  expect(load.summary().sent).toBeGreaterThan(0);
  expect(load.summary().answered).toBe(0);
});

test('a request that meets a connection closed while idle is sent once more', async () => {
  const used = new WeakSet<Socket>();
  const url = await serve(({ socket }, response) => {
    if (used.has(socket)) socket.resetAndDestroy();
    else response.end();
    used.add(socket);
  });
  const load = startLoad({ url, host: 'x', requestsPerSecond: 50, maximumSeconds: 0.5 });

  await load.ended;

  expect(load.summary().failed).toBe(0);
  expect(load.summary().resent).toBeGreaterThan(5);
});

test('between counts what was sent from one moment up to another, and the log holds every request', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'load-'));
  const logFile = join(directory, 'load.jsonl');
  const url = await serve((_request, response) => response.end());
  const load = startLoad({ url, host: 'x', requestsPerSecond: 50, logFile });
  await sleep(300);
  const middle = Date.now();
  await sleep(300);

  const { sent } = await load.stop();

  const early = load.between(0, middle);
  expect(early.sent).toBeGreaterThan(0);
  expect(early.sent + load.between(middle, Date.now() + 1).sent).toBe(sent);
  expect((await readFile(logFile, 'utf8')).trim().split('\n')).toHaveLength(sent);
  await rm(directory, { recursive: true });
});

test('addresses that are not ours, and rates beyond the limit, are refused', () => {
  for (const url of ['http://example.com/', 'http://192.168.0.1/', 'https://127.0.0.1/', 'http://10.evil.example/']) {
    expect(() => parseTarget(url)).toThrow('is refused');
  }
  for (const url of ['http://127.0.0.1:8080/', 'http://localhost/', 'http://10.244.0.3/']) {
    expect(parseTarget(url).href).toBe(url);
  }
  expect(() => startLoad({ url: 'http://127.0.0.1:1', host: 'x', requestsPerSecond: 201 })).toThrow('at most 200');
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
