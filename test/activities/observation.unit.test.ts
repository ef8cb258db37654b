import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOfP95, readOn, scrapeSecondsOf, type Observation, type Samples } from '../../activities/observation.js';
import type { Series } from '../../policies/counters.js';
import { emptyJudgement } from '../../policies/judge.js';

type Sample = readonly [atSeconds: number, value: number];

const byCode = { statusLabel: 'code', eye: 'prometheus' } as const;
const none: Samples = { requests: [], buckets: [] };
const beginning: Observation = { judgement: emptyJudgement, marks: { canary: {}, stable: {} } };

function requestsOf(code: string, ...samples: Sample[]): Series {
  return { labels: { __name__: 'http_requests_total', pod: 'web-1', code }, samples };
}

function bucketOf(le: string, ...samples: Sample[]): Series {
  return { labels: { __name__: 'http_request_duration_seconds_bucket', pod: 'web-1', le }, samples };
}

/** A histogram of one pod at one time: how many answers were at most that slow. */
function histogram(atSeconds: number, counts: Record<string, number>): Series[] {
  return Object.entries(counts).map(([le, count]) => bucketOf(le, [atSeconds, count]));
}

const fast = { '0.1': 90, '0.25': 96, '1': 99, '+Inf': 100 };

describe('the bucket that holds the stable version’s p95', () => {
  test('is the smallest that holds 95 % of the answers', () => {
    expect(bucketOfP95(histogram(1, fast))).toBe('0.25');
    expect(bucketOfP95(histogram(1, { '0.1': 95, '0.25': 96, '+Inf': 100 }))).toBe('0.1');
  });

  test('is found by size, not in the order of the series', () => {
    expect(bucketOfP95(histogram(1, fast).reverse())).toBe('0.25');
    expect(bucketOfP95(histogram(1, { '10': 100, '9': 100, '+Inf': 100 }))).toBe('9');
  });

  test('is that of all pods together', () => {
    const other = histogram(1, { '0.1': 0, '0.25': 0, '1': 100, '+Inf': 100 }).map(({ labels, samples }) => ({
      labels: { ...labels, pod: 'web-2' },
      samples,
    }));

    expect(bucketOfP95([...histogram(1, fast), ...other])).toBe('1');
  });

  test.each<[string, Series[]]>([
    ['while there are fewer than 50 answers', histogram(1, { '0.1': 49, '+Inf': 49 })],
    ['without a histogram', []],
    ['where more than 5 % are slower than every limit', histogram(1, { '0.1': 50, '1': 94, '+Inf': 100 })],
  ])('is unknown %s', (_, series) => {
    expect(bucketOfP95(series)).toBeUndefined();
  });
});

test('the time between scrapes is the usual gap, one that was missed notwithstanding', () => {
  const samples: Sample[] = [
    [0, 1],
    [5, 1],
    [10, 1],
    [20, 1],
    [25, 1],
  ];

  expect(scrapeSecondsOf({ requests: [requestsOf('200', ...samples)], buckets: [] })).toBe(5);
  expect(scrapeSecondsOf({ requests: [requestsOf('200', [0, 1])], buckets: [] })).toBeUndefined();
  expect(scrapeSecondsOf(none)).toBeUndefined();
});

describe('a look', () => {
  const stable = (...samples: Sample[]): Samples => ({ requests: [requestsOf('200', ...samples)], buckets: [] });

  test('counts the stable version’s growth in the baseline, not its whole life', () => {
    const { look } = readOn(beginning, { canary: none, stable: stable([900, 10_000], [1000, 10_600]) }, byCode);

    expect(look).toMatchObject({ atSeconds: 1000, stable: { requests: 600, failed: 0 } });
  });

  test('counts all that the canary has answered, from its first sample on', () => {
    const canary = { requests: [requestsOf('200', [1000, 7]), requestsOf('500', [1000, 3])], buckets: [] };

    const { look } = readOn(beginning, { canary, stable: stable([1000, 10_000]) }, byCode);

    expect(look.canary).toMatchObject({ requests: 10, failed: 3, unsuccessful: 3 });
  });

  test('that sees nothing yet does not make the next one count the stable version’s whole life', () => {
    const { observation } = readOn(beginning, { canary: none, stable: none }, byCode);
    const { look } = readOn(observation, { canary: none, stable: stable([1000, 10_000]) }, byCode);

    expect(observation.readUntilSeconds).toBeUndefined();
    expect(look.stable.requests).toBe(0);
  });

  test('tells failures (5xx) from answers that are no success (neither 2xx nor 3xx)', () => {
    const codes = { '200': 1, '204': 2, '302': 4, '404': 8, '500': 16, '503': 32 };
    const requests = Object.entries(codes).map(([code, count]) => requestsOf(code, [1000, count]));

    const { look } = readOn(beginning, { canary: { requests, buckets: [] }, stable: none }, byCode);

    expect(look.canary).toMatchObject({ requests: 63, failed: 48, unsuccessful: 56 });
  });

  test('finds the status under the label that the runbook names', () => {
    const requests: Series[] = [{ labels: { status: '500' }, samples: [[1000, 5]] }];

    const { look } = readOn(
      beginning,
      { canary: { requests, buckets: [] }, stable: none },
      { statusLabel: 'status', eye: 'prometheus' },
    );

    expect(look.canary.failed).toBe(5);
  });

  test('counts a new pod of the stable version, and the first error of an old one, in full', () => {
    const { observation } = readOn(beginning, { canary: none, stable: stable([1000, 10_000]) }, byCode);
    const born = {
      requests: [requestsOf('200', [1000, 10_000], [1005, 10_010]), requestsOf('500', [1005, 2])],
      buckets: [],
    };

    const { look } = readOn(observation, { canary: none, stable: born }, byCode);

    expect(look.stable).toMatchObject({ requests: 12, failed: 2 });
  });

  test('at the same samples again sees nothing new', () => {
    const samples = { canary: stable([1000, 7]), stable: stable([990, 100], [1000, 110]) };
    const first = readOn(beginning, samples, byCode);

    const second = readOn(first.observation, samples, byCode);

    expect(second.look).toMatchObject({ atSeconds: 1000, canary: { requests: 0 }, stable: { requests: 0 } });
    expect(second.observation).toEqual(first.observation);
  });

  test('however the samples arrive, each request of the canary is counted once', () => {
    const polls = fc.array(fc.nat(40), { minLength: 1, maxLength: 15 });

    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 40 }), polls, (grows, looks) => {
        let value = 0;
        const samples = grows.map((grown, index): Sample => [1000 + index, (value += grown)]);
        let observation = beginning;
        let counted = 0;
        for (const until of [...looks.sort((a, b) => a - b), grows.length]) {
          const seen = { canary: stable(...samples.slice(0, until)), stable: none };
          const result = readOn(observation, seen, byCode);
          observation = result.observation;
          counted += result.look.canary.requests;
        }

        expect(counted).toBe(value);
      }),
    );
  });
});

describe('slowness', () => {
  const both = (canary: Record<string, number>, atSeconds = 1000) => ({
    canary: { requests: [requestsOf('200', [atSeconds, canary['+Inf'] ?? 0])], buckets: histogram(atSeconds, canary) },
    stable: { requests: [requestsOf('200', [atSeconds, 100])], buckets: histogram(atSeconds, fast) },
  });

  test('is being slower than the stable version’s p95', () => {
    const { look, observation } = readOn(beginning, both({ '0.1': 5, '0.25': 6, '1': 9, '+Inf': 10 }), byCode);

    expect(observation.slowAbove).toBe('0.25');
    expect(look.canary).toMatchObject({ timed: 10, slow: 4 });
  });

  test('is measured by one limit for the whole run, also when the stable version changes', () => {
    const { observation } = readOn(beginning, both({ '0.1': 0, '0.25': 0, '1': 0, '+Inf': 0 }), byCode);
    const slower = { requests: [], buckets: histogram(1005, { '0.1': 100, '0.25': 200, '1': 1000, '+Inf': 1000 }) };

    const next = readOn(observation, { canary: none, stable: slower }, byCode);

    expect(next.observation.slowAbove).toBe('0.25');
    expect(next.look.stable).toMatchObject({ timed: 900, slow: 796 });
  });

  test('is not judged while the limit is not known, and then from all of the canary’s answers', () => {
    const few = { requests: [], buckets: histogram(1000, { '0.1': 10, '0.25': 10, '+Inf': 10 }) };
    const canary = (at: number, count: number) => ({
      requests: [],
      buckets: histogram(at, { '0.1': 0, '0.25': 0, '+Inf': count }),
    });
    const first = readOn(beginning, { canary: canary(1000, 5), stable: few }, byCode);

    const enough = { requests: [], buckets: histogram(1005, { '0.1': 80, '0.25': 80, '+Inf': 80 }) };
    const second = readOn(first.observation, { canary: canary(1005, 8), stable: enough }, byCode);

    expect(first.look.canary).toMatchObject({ timed: 0, slow: 0 });
    expect(second.look.canary).toMatchObject({ timed: 8, slow: 8 });
  });

  test('of a canary whose histogram has other limits cannot be compared: it is not blamed', () => {
    const { look } = readOn(beginning, both({ '0.2': 10, '0.5': 10, '+Inf': 10 }), byCode);

    expect(look.canary).toMatchObject({ requests: 10, slow: 0 });
  });

  test('is the same limit however it is written: 1 and 1.0', () => {
    const stable = { requests: [], buckets: histogram(1000, { '0.5': 10, '1': 100, '+Inf': 100 }) };
    const canary = { requests: [], buckets: histogram(1000, { '0.5': 1, '1.0': 10, '+Inf': 10 }) };

    expect(readOn(beginning, { canary, stable }, byCode).look.canary).toMatchObject({ timed: 10, slow: 0 });
  });
});

test('what a look leaves goes through JSON unchanged, for it is carried in heartbeats', () => {
  const samples = {
    canary: { requests: [requestsOf('200', [1000, 7])], buckets: histogram(1000, fast) },
    stable: none,
  };
  const { observation } = readOn(beginning, samples, byCode);

  expect(JSON.parse(JSON.stringify(observation))).toEqual(observation);
});
