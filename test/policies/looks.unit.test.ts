import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addCounts, noCounts, remember, trialsOf, trialsSince, type Look } from '../../policies/looks.js';

const counts = fc
  .record({ requests: fc.nat(50), failed: fc.nat(9), slow: fc.nat(9) })
  .map(({ requests, failed, slow }) => ({
    requests: requests + 9,
    failed,
    unsuccessful: failed,
    timed: requests + 9,
    slow,
  }));

/** Looks in the order of time, some close, some far from each other. */
const looks = fc
  .array(fc.record({ gap: fc.double({ min: 0.2, max: 25, noNaN: true }), canary: counts, stable: counts }), {
    minLength: 1,
    maxLength: 120,
  })
  .map((each): Look[] => {
    let atSeconds = 1000;
    return each.map(({ gap, canary, stable }) => ({ atSeconds: (atSeconds += gap), canary, stable }));
  });

const rememberAll = (all: readonly Look[]) => all.reduce<Look[]>((recent, look) => remember(recent, look), []);
const sum = (all: readonly Look[], side: 'canary' | 'stable') =>
  all.reduce((total, look) => addCounts(total, look[side]), noCounts);

test('within its span nothing is lost and nothing counts twice', () => {
  fc.assert(
    fc.property(looks, (all) => {
      const last = all.at(-1)?.atSeconds ?? 0;
      // Each group of ten seconds has the time of its newest look, so the last group may reach ten seconds further back.
      const kept = rememberAll(all);
      const surely = all.filter(({ atSeconds }) => last - atSeconds <= 880);
      const atMost = all.filter(({ atSeconds }) => last - atSeconds <= 920);

      for (const side of ['canary', 'stable'] as const) {
        expect(sum(kept, side).requests).toBeGreaterThanOrEqual(sum(surely, side).requests);
        expect(sum(kept, side).requests).toBeLessThanOrEqual(sum(atMost, side).requests);
      }
    }),
  );
});

test('all that fits is kept to the last answer', () => {
  fc.assert(
    fc.property(looks, (all) => {
      const recently = all.filter(({ atSeconds }) => atSeconds - (all[0]?.atSeconds ?? 0) <= 800);

      expect(sum(rememberAll(recently), 'canary')).toEqual(sum(recently, 'canary'));
      expect(sum(rememberAll(recently), 'stable')).toEqual(sum(recently, 'stable'));
    }),
  );
});

test('the last thirty seconds are remembered look by look', () => {
  fc.assert(
    fc.property(looks, (all) => {
      const last = all.at(-1)?.atSeconds ?? 0;
      const recently = all.filter(({ atSeconds }) => last - atSeconds <= 30);

      expect(rememberAll(all).slice(-recently.length)).toEqual(recently);
    }),
  );
});

test('a run that lasts for two hours carries no more than a few dozen looks', () => {
  let recent: Look[] = [];
  let most = 0;
  for (let second = 1; second <= 2 * 3600; second++) {
    recent = remember(recent, { atSeconds: second, canary: noCounts, stable: noCounts });
    most = Math.max(most, recent.length);
  }

  expect(most).toBeLessThanOrEqual(30 + 1 + 900 / 10);
});

test('what was answered since a time leaves out the look at that time', () => {
  const one = { requests: 10, failed: 2, unsuccessful: 3, timed: 9, slow: 4 };
  const recent = [1, 2, 3].map((atSeconds) => ({ atSeconds, canary: one, stable: noCounts }));

  expect(trialsSince(recent, 1, 'canary', 'failed')).toEqual({ trials: 20, events: 4 });
  expect(trialsSince(recent, 2.5, 'canary', 'slow')).toEqual({ trials: 9, events: 4 });
  expect(trialsSince(recent, 3, 'canary', 'unsuccessful')).toEqual({ trials: 0, events: 0 });
  expect(trialsSince(recent, 0, 'stable', 'failed')).toEqual({ trials: 0, events: 0 });
});

test('a side cannot have more events than trials, even where two counters are not of the same moment', () => {
  expect(trialsOf({ ...noCounts, requests: 3, failed: 5 }, 'failed')).toEqual({ trials: 3, events: 3 });
});
