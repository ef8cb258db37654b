import { afterEach, expect, jest, test } from '@jest/globals';
import { followRun, nothingSeen } from '../../../deploy/ci/follow.mjs';
import type { Platform } from '../../../deploy/ci/platform.mjs';
import { startHttpServer } from '../../support/http-server.js';

jest.setTimeout(20_000);

afterEach(() => {
  jest.useRealTimers();
});

test('a connection on which nothing comes any more, and that nobody has closed, is made anew', async () => {
  let connections = 0;
  const server = await startHttpServer((request, response) => {
    connections += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const moment = 'id: 1\nevent: moment\ndata: {"at":"2026-11-21T08:35:01Z","what":"hello"}\n\n';
    if (connections === 1) return void response.write(moment);
    response.end(`event: end\ndata: {"outcome":{"name":"succeeded"},"exitCode":0}\n\n`);
    expect(request.headers['last-event-id']).toBe('1');
  });
  const platform = { settings: { server: new URL(server.url) }, token: () => Promise.resolve('t') };
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
  const seen = nothingSeen();
  const told: string[] = [];
  const tell = { say: (line: string) => told.push(line), moment: ({ what }: { what: string }) => told.push(what) };
  const run = { workflowId: 'deploy/stage/shop', runId: 'run-1' };

  const followed = followRun(platform as unknown as Platform, run, seen, tell, new AbortController().signal);
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };
  await until(() => told.length > 0);
  jest.advanceTimersByTime(89_000);
  expect(connections).toBe(1);
  jest.advanceTimersByTime(2000);
  await followed;

  expect([connections, told, seen.end?.exitCode]).toEqual([2, ['hello'], 0]);
  jest.useRealTimers();
  await server.close();
});
