import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startRequests } from '../../activities/synthetic.js';
import { eventually } from '../support/settings.js';

let server: Server;
let url: string;
let come: string[];
let waiting: ServerResponse[];
let answers: boolean;

beforeEach(async () => {
  [come, waiting, answers] = [[], [], true];
  server = createServer((request, response) => {
    come.push(request.headers.host ?? '');
    if (answers) response.writeHead(500).end();
    else waiting.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const start = (perSecond: number) => startRequests({ url, headers: { Host: 'web.local' }, perSecond });

test('requests come whatever the answers are, as users send them, until they are stopped', async () => {
  const requests = start(100);
  await eventually('twenty requests', 20, () => Promise.resolve(come.length >= 20));
  requests.stop();
  await sleep(200);
  const stopped = come.length;
  await sleep(200);

  expect(come.length).toBe(stopped);
  expect(new Set(come)).toEqual(new Set(['web.local']));
});

test('a service that hangs gets no more than 50 at once; those that wait do not keep the others from coming before that', async () => {
  answers = false;
  const requests = start(100);
  await eventually('fifty that wait', 20, () => Promise.resolve(waiting.length >= 50));
  await sleep(300);
  expect(waiting).toHaveLength(50);

  for (const response of waiting.splice(0, 10)) response.end();
  await eventually('ten more', 20, () => Promise.resolve(come.length === 60));
  await sleep(300);
  requests.stop();

  expect(come).toHaveLength(60);
});

test('a service that is away does not end the requests', async () => {
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const requests = start(100);
  await sleep(100);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  await eventually('requests again', 20, () => Promise.resolve(come.length > 3));
  requests.stop();

  expect(new Set(come)).toEqual(new Set(['web.local']));
});
