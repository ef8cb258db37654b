import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { getUrl } from '../../systems/http.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';

let server: HttpServer;
let url: string;

beforeEach(async () => {
  server = await startHttpServer();
  url = `${server.url}/health`;
});

afterEach(() => server.close());

const get = (headers: Record<string, string> = {}, timeoutSeconds = 5) => getUrl(url, { headers, timeoutSeconds });

test('an answer has its status, whatever it is, and its body', async () => {
  server.answer = (_, response) => void response.writeHead(503).end('not yet: ü');

  expect(await get()).toEqual({ status: 503, body: 'not yet: ü', seconds: expect.any(Number) });
});

test('the Host that is asked for is sent, as checks through a gateway need, with the other headers', async () => {
  server.answer = ({ headers }, response) => void response.end(`${headers.host} ${String(headers['x-check'])}`);

  expect(await get({ Host: 'web.shop.local', 'X-Check': '1' })).toMatchObject({ body: 'web.shop.local 1' });
});

test('a redirect is an answer: it is not followed', async () => {
  let asked = 0;
  server.answer = (_, response) => {
    asked += 1;
    response.writeHead(302, { location: '/login' }).end();
  };

  expect(await get()).toMatchObject({ status: 302 });
  expect(asked).toBe(1);
});

test('no connection is left over: each check makes its own', async () => {
  const connections = new Set<unknown>();
  server.answer = (request, response) => {
    connections.add(request.socket.remotePort);
    response.end();
  };

  await get();
  await get();

  expect(connections.size).toBe(2);
});

test('of a body without measure only the beginning is kept', async () => {
  server.answer = (_, response) => void response.end('ä'.repeat(500_000));

  const { body, status } = await get();

  expect(status).toBe(200);
  expect(body.length).toBeGreaterThan(1000);
  expect(body.length).toBeLessThanOrEqual(64 * 1024);
});

test('a service that accepts and never answers is given up', async () => {
  server.answer = () => undefined;

  expect(await get({}, 0.05)).toMatchObject({ error: 'no answer within 0.05 s', body: '' });
});

test('a service that begins to answer and never ends is given up', async () => {
  server.answer = (_, response) => void response.writeHead(200).write('begun');

  const { status, error } = await get({}, 0.1);

  expect(status).toBeUndefined();
  expect(error).toMatch(/abort|no answer|timeout/i);
});

test('an answer that is cut off is no answer', async () => {
  server.answer = (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('begun', () => response.destroy());
  };

  expect(await get()).toMatchObject({ error: expect.stringMatching(/aborted|ECONNRESET|hang up/) });
});

test('a refused connection says so', async () => {
  await server.close();

  expect(await get()).toMatchObject({ error: expect.stringContaining('ECONNREFUSED'), body: '' });
});
