import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getUrl } from '../../systems/http.js';

let server: Server;
let url: string;
let answer: RequestListener;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const get = (headers: Record<string, string> = {}, timeoutSeconds = 5) => getUrl(url, { headers, timeoutSeconds });

test('an answer has its status, whatever it is, and its body', async () => {
  answer = (_, response) => void response.writeHead(503).end('not yet: ü');

  expect(await get()).toEqual({ status: 503, body: 'not yet: ü', seconds: expect.any(Number) });
});

test('the Host that is asked for is sent, as checks through a gateway need, with the other headers', async () => {
  answer = ({ headers }, response) => void response.end(`${headers.host} ${String(headers['x-check'])}`);

  expect(await get({ Host: 'web.shop.local', 'X-Check': '1' })).toMatchObject({ body: 'web.shop.local 1' });
});

test('a redirect is an answer: it is not followed', async () => {
  let asked = 0;
  answer = (_, response) => {
    asked += 1;
    response.writeHead(302, { location: '/login' }).end();
  };

  expect(await get()).toMatchObject({ status: 302 });
  expect(asked).toBe(1);
});

test('no connection is left over: each check makes its own', async () => {
  const connections = new Set<unknown>();
  answer = (request, response) => {
    connections.add(request.socket.remotePort);
    response.end();
  };

  await get();
  await get();

  expect(connections.size).toBe(2);
});

test('of a body without measure only the beginning is kept', async () => {
  answer = (_, response) => void response.end('ä'.repeat(500_000));

  const { body, status } = await get();

  expect(status).toBe(200);
  expect(body.length).toBeGreaterThan(1000);
  expect(body.length).toBeLessThanOrEqual(64 * 1024);
});

test('a service that accepts and never answers is given up', async () => {
  answer = () => undefined;

  expect(await get({}, 0.05)).toMatchObject({ error: 'no answer within 0.05 s', body: '' });
});

test('a service that begins to answer and never ends is given up', async () => {
  answer = (_, response) => void response.writeHead(200).write('begun');

  const { status, error } = await get({}, 0.1);

  expect(status).toBeUndefined();
  expect(error).toMatch(/abort|no answer|timeout/i);
});

test('an answer that is cut off is no answer', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('begun', () => response.destroy());
  };

  expect(await get()).toMatchObject({ error: expect.stringMatching(/aborted|ECONNRESET|hang up/) });
});

test('a refused connection says so', async () => {
  await new Promise((resolve) => server.close(resolve));

  expect(await get()).toMatchObject({ error: expect.stringContaining('ECONNREFUSED'), body: '' });
});
