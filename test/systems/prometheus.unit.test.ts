import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readSamples } from '../../systems/prometheus.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';

let server: HttpServer;
let url: string;

beforeEach(async () => {
  server = await startHttpServer();
  ({ url } = server);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await server.close();
});

const read = () => readSamples(url, 'http_requests_total{pod="web"}', 12.3);

function says(status: number, body: unknown): void {
  server.answer = (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

const matrix = (result: unknown[]) => ({ status: 'success', data: { resultType: 'matrix', result } });

test('the raw samples of each series come with their labels and times', async () => {
  const labels = { __name__: 'http_requests_total', pod: 'web', code: '200' };
  says(
    200,
    matrix([
      {
        metric: labels,
        values: [
          [1000.123, '40'],
          [1005.123, '4.7e1'],
        ],
      },
      { metric: {}, values: [] },
    ]),
  );

  expect(await read()).toEqual([
    {
      labels,
      samples: [
        [1000.123, 40],
        [1005.123, 47],
      ],
    },
    { labels: {}, samples: [] },
  ]);
});

test('what is asked for is the range itself, whole seconds and no less, below the address’s own path', async () => {
  const asked: URL[] = [];
  server.answer = (request, response) => {
    asked.push(new URL(request.url ?? '', url));
    response.end(JSON.stringify(matrix([])));
  };

  expect(await read()).toEqual([]);
  await readSamples(`${url}/prometheus/`, 'up', 5);

  expect(asked.map(({ pathname, searchParams }) => [pathname, searchParams.get('query')])).toEqual([
    ['/api/v1/query', 'http_requests_total{pod="web"}[13s]'],
    ['/prometheus/api/v1/query', 'up[5s]'],
  ]);
});

test('samples that are no number are dropped: stale markers count nothing', async () => {
  const values = [
    [1, 'NaN'],
    [2, '+Inf'],
    [3, '-Inf'],
    [4, '7'],
  ];
  says(200, matrix([{ metric: {}, values }]));

  expect(await read()).toEqual([{ labels: {}, samples: [[4, 7]] }]);
});

describe('metrics that cannot be read say where, and may be asked again', () => {
  const expectUnreachable = async (found: RegExp | string) => {
    await expect(read()).rejects.toMatchObject({
      code: 'MetricsUnreachable',
      message: expect.stringMatching(
        new RegExp(`^prometheus ${url}: .*${found instanceof RegExp ? found.source : found}`),
      ),
    });
  };

  test('the server is overloaded', async () => {
    says(503, { status: 'error', errorType: 'timeout', error: 'query timed out' });

    await expectUnreachable('query timed out');
  });

  test('it answers with a success that holds nothing', async () => {
    says(200, { status: 'success' });

    await expectUnreachable('HTTP 200');
  });

  test.each(['<html>Bad Gateway</html>', '', '{"status": "succ'])('a proxy answers instead: %j', async (page) => {
    says(502, page);

    await expectUnreachable('expected an answer, found');
  });

  test('it breaks off', async () => {
    server.answer = (request) => request.socket.destroy();

    await expectUnreachable('found (other side closed|.*ECONNRESET|.*hang up)');
  });

  test('nobody listens', async () => {
    await server.close();

    await expectUnreachable('ECONNREFUSED.*check judge.prometheus in the runbook');
  });

  test('it accepts and never answers: the wait has an end', async () => {
    const real = AbortSignal.timeout.bind(AbortSignal);
    const asked = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => real(50));
    server.answer = () => undefined;

    await expectUnreachable('aborted due to timeout');
    expect(asked).toHaveBeenCalledWith(5000);
  });
});

test('a query that can never work is refused for good, with what Prometheus says of it', async () => {
  says(400, { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected character' });

  await expect(read()).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringMatching(/query http_requests_total\{pod="web"\}\[\d+s\]: parse error: unexpected character/),
  });
});

test('a password in the address stays out of the message', async () => {
  const failed = readSamples(url.replace('//', '//bob:hunter2@'), 'up', 5);

  await expect(failed).rejects.toMatchObject({
    code: 'MetricsUnreachable',
    message: expect.not.stringContaining('hunter2'),
  });
});
