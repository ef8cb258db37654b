import { afterEach, describe, expect, test } from '@jest/globals';
import { CheckReader, judgeValue, queryFor, rangeOf } from '../../activities/check-reader.js';
import { emptyJudgement } from '../../policies/judge.js';
import type { Check } from '../../runbooks/judge.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { judgeOf } from '../support/judge.js';

const check = (rule: Partial<Check>): Check => ({ name: 'queue', query: 'depth', worse: 'higher', by: 0.1, ...rule });

test.each<[string, number]>([
  ['sum(depth)', 0],
  ['rate(errors_total[30s])', 30],
  ['rate(errors_total[5m]) / rate(all_total[1h])', 3600],
  ['rate(errors_total[1h30m])', 5400],
  ['rate(errors_total[ 2m ])', 120],
  ['rate(errors_total[500ms])', 0.5],
  ['max_over_time(rate(errors_total[1m])[1d:5m])', 86_400],
  ['increase(errors_total[1w])', 604_800],
  ['errors_total{path=~"[0-9]+"}', 0],
])('%s looks over %d s', (query, seconds) => {
  expect(rangeOf(query)).toBe(seconds);
});

test('the query is asked for one side’s pods, wherever they are named', () => {
  const query = 'a{pod=~"{{pods}}",namespace="{{namespace}}"} / b{pod=~"{{pods}}"}';

  expect(queryFor(check({ query }), 'shop', 'web-[a-z]+')).toBe(
    'a{pod=~"web-[a-z]+",namespace="shop"} / b{pod=~"web-[a-z]+"}',
  );
});

describe('a value breaks the rule', () => {
  test.each<[string, Partial<Check>, number, number | undefined, boolean | undefined]>([
    ['at the upper limit', { below: 5 }, 5, undefined, true],
    ['not below it', { below: 5 }, 4.99, undefined, false],
    ['at the lower limit', { above: 5 }, 5, undefined, true],
    ['not above it', { above: 5 }, 5.01, undefined, false],
    ['above the stable version’s by more than the margin', { noWorseThan: 'stable' }, 1.2, 1, true],
    ['not within the margin', { noWorseThan: 'stable' }, 1.05, 1, false],
    ['below it by more than the margin, where less is worse', { noWorseThan: 'stable', worse: 'lower' }, 0.8, 1, true],
    ['not above it, where less is worse', { noWorseThan: 'stable', worse: 'lower' }, 9, 1, false],
    ['above a negative one by more than the margin', { noWorseThan: 'stable' }, -0.8, -1, true],
    ['never, while there is nothing to compare it with', { noWorseThan: 'stable' }, 9, undefined, undefined],
    ['though the limit is nothing', { below: 0 }, 0, undefined, true],
  ])('%s', (_, rule, value, stable, breaks) => {
    expect(judgeValue(check(rule), value, stable)?.breaks).toBe(breaks);
  });
});

let server: HttpServer | undefined;

afterEach(() => server?.close());

/** Stands for Prometheus' HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries). */
async function prometheusWith(
  answers: Array<[status: number, body: unknown]>,
): Promise<{ url: string; asked: number }> {
  const seen = { url: '', asked: 0 };
  server = await startHttpServer((_, response) => {
    const [status, body] = answers[Math.min(seen.asked++, answers.length - 1)] ?? [500, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  seen.url = server.url;
  return seen;
}

const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
});

function readerOf(prometheus: string, query: string): CheckReader {
  const judge = judgeOf({ prometheus, checks: [{ name: 'queue', query, below: 5 }] });
  return new CheckReader({ target: { namespace: 'shop', deployment: 'web' }, replicaSet: 'web-canary-1', judge });
}

describe('the questions', () => {
  test('are asked beside the looking, and each as often as its answer can be a new one', async () => {
    const prometheus = await prometheusWith([[200, vector('7')]]);
    const reader = readerOf(prometheus.url, 'max_over_time(depth[30s])');

    expect(reader.take(emptyJudgement, 1000, 1)).toEqual([]);
    await reader.settle();
    const [reading] = reader.take(emptyJudgement, 1010, 1);
    expect(reading).toEqual({ name: 'queue', atSeconds: 1000, value: 7, wanted: 'below 5', breaks: true });
    const known = {
      ...emptyJudgement,
      checks: {
        queue: { evidence: emptyJudgement.evidence.failed, readings: 1, broken: 1, ...(reading && { last: reading }) },
      },
    };
    reader.take(known, 1029, 1);
    await reader.settle();
    expect(prometheus.asked).toBe(1);
    reader.take(known, 1030, 1);
    await reader.settle();
    expect(prometheus.asked).toBe(2);
  });

  test.each<[string, [number, unknown], RegExp]>([
    ['without a value', [200, vector()], /queue: no value/],
    ['that is not a number', [200, vector('NaN')], /queue: no value/],
    ['that cannot be asked', [400, { status: 'error', error: 'parse error' }], /queue: .*parse error/],
    ['that fails', [503, {}], /HTTP 503/],
  ])('one %s is told, and is over with the next value', async (_, answer, trouble) => {
    const prometheus = await prometheusWith([answer, [200, vector('1')]]);
    const reader = readerOf(prometheus.url, 'depth');

    reader.take(emptyJudgement, 1000, 1);
    await reader.settle();
    expect([...reader.troubles.values()]).toEqual([expect.stringMatching(trouble)]);
    reader.take(emptyJudgement, 1001, 1);
    await reader.settle();
    expect([...reader.troubles.values()]).toEqual([]);
    expect(reader.take(emptyJudgement, 1001, 1)).toMatchObject([{ value: 1, breaks: false }]);
  });
});
