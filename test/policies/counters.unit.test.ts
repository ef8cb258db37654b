import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { increases, type Series, type Watermarks } from '../../policies/counters.js';

const web = { pod: 'web-1', code: '200' };
type Sample = readonly [atSeconds: number, value: number];

function seriesOf(labels: Record<string, string>, ...samples: Sample[]): Series {
  return { labels, samples };
}

/** Polls one after the other and sums up what each has found. */
function poll(polls: Series[][], bornAfterSeconds = 0): { total: number; marks: Watermarks } {
  let marks: Watermarks = {};
  let total = 0;
  for (const series of polls) {
    const found = increases(series, marks, bornAfterSeconds);
    marks = found.marks;
    total += found.increases.reduce((sum, { value }) => sum + value, 0);
  }
  return { total, marks };
}

test('a counter counts by what it has grown since the mark, at the time of each sample', () => {
  const { marks } = increases([seriesOf(web, [100, 40])], {}, 100);

  const found = increases([seriesOf(web, [100, 40], [105, 47], [110, 47], [115, 50])], marks, 100);

  expect(found.increases).toEqual([
    { labels: web, atSeconds: 105, value: 7 },
    { labels: web, atSeconds: 115, value: 3 },
  ]);
});

test('the same sample polled twice counts once', () => {
  const series = [seriesOf(web, [100, 40], [105, 47])];

  expect(poll([series, series, series]).total).toBe(47);
});

test('an older answer of the metrics does not turn time back', () => {
  const polls = [[seriesOf(web, [100, 40], [105, 47])], [seriesOf(web, [100, 40])], [seriesOf(web, [110, 50])]];

  expect(poll(polls).total).toBe(50);
});

test('a counter that fell was reset and counts from zero', () => {
  expect(poll([[seriesOf(web, [100, 40])], [seriesOf(web, [105, 3], [110, 8])]]).total).toBe(48);
});

test('a counter of before the run only sets the mark', () => {
  const { total, marks } = poll([[seriesOf(web, [100, 40_000])]], 100);

  expect(total).toBe(0);
  expect(Object.values(marks)).toEqual([[100, 40_000]]);
});

test('a pod that is born during the run counts with its first sample', () => {
  const old = seriesOf(web, [100, 40_000]);
  const born = seriesOf({ pod: 'web-2', code: '200' }, [105, 9]);

  expect(poll([[old], [old, born]], 100).total).toBe(9);
});

test('the first error of an old pod counts, for its series is born non-zero', () => {
  const errors = seriesOf({ pod: 'web-1', code: '500' }, [105, 1]);

  expect(poll([[seriesOf(web, [100, 40])], [seriesOf(web, [105, 40]), errors]], 100).total).toBe(1);
});

test('a pod that goes takes nothing away, and one that comes back goes on', () => {
  const polls = [[seriesOf(web, [100, 40])], [], [seriesOf(web, [110, 45])]];

  expect(poll(polls).total).toBe(45);
});

test('the order of labels makes no other series', () => {
  const turned = { code: '200', pod: 'web-1' };

  expect(poll([[seriesOf(web, [100, 40])], [seriesOf(turned, [105, 41])]]).total).toBe(41);
});

test('labels that hold commas and equals signs are not mixed up', () => {
  const one = { path: '/a,pod=web-1' };
  const other = { path: '/a', pod: 'web-1' };

  expect(poll([[seriesOf(one, [100, 10]), seriesOf(other, [100, 10])]]).total).toBe(20);
});

/** One pod's counter: what it grows by from scrape to scrape; undefined where its process starts anew. */
const lives = fc.array(
  fc.record({
    from: fc.integer({ min: 0, max: 20 }),
    grows: fc.array(fc.option(fc.nat(50), { freq: 6, nil: undefined }), { minLength: 1, maxLength: 30 }),
  }),
  { minLength: 1, maxLength: 4 },
);

test('however and however often one polls, the increases add up to what really happened', () => {
  const windows = fc.array(fc.record({ at: fc.nat(50), back: fc.nat(60) }), { maxLength: 25 });

  fc.assert(
    fc.property(lives, windows, (pods, looks) => {
      let happened = 0;
      const world = pods.map(({ from, grows }, index) => {
        let value = 0;
        const samples = grows.map((grown, scrape): Sample => {
          // A counter that starts anew at no less than before looks like one that went on: starting at zero it never does.
          value = grown === undefined ? 0 : value + grown;
          happened += grown ?? 0;
          return [from + scrape + 1, value];
        });
        return seriesOf({ pod: `web-${index}` }, ...samples);
      });
      let read = 0;
      // Each look reaches back to the last one at least, as the judge's does.
      const polls = [...looks.sort((a, b) => a.at - b.at), { at: 100, back: 0 }].map(({ at, back }) => {
        const since = Math.min(read, at - back);
        read = at;
        return world
          .map(({ labels, samples }) => seriesOf(labels, ...samples.filter(([time]) => time > since && time <= at)))
          .filter(({ samples }) => samples.length > 0);
      });

      expect(poll(polls).total).toBe(happened);
    }),
    { numRuns: 300 },
  );
});
