import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addReading, describeCheck, noReadings, type CheckState } from '../../policies/checks.js';
import { logEvidence } from '../../policies/evidence.js';
import { addObservation, emptyJudgement, findHarm, findSuspicion } from '../../policies/judge.js';
import { noCounts } from '../../policies/looks.js';

const limits = { falseAbortsPerThousand: 10, smallestHarmWorthCatching: 0.02 };

const reading = (atSeconds: number, breaks: boolean, name = 'queue depth') => ({
  name,
  atSeconds,
  value: breaks ? 0.9 : 0.1,
  wanted: 'below 0.5',
  breaks,
});

const read = (...broken: boolean[]): CheckState =>
  broken.reduce((state, breaks, index) => addReading(state, reading(index + 1, breaks)), noReadings);

/** What the judge says of a run whose only sign is this check. */
function judge(...broken: boolean[]) {
  return broken.reduce(
    (judgement, breaks, index) =>
      addObservation(
        judgement,
        {
          atSeconds: index + 1,
          canary: noCounts,
          stable: noCounts,
          stableUntilSeconds: index + 1,
          scrapeSeconds: 1,
          checks: [reading(index + 1, breaks)],
        },
        limits,
      ),
    emptyJudgement,
  );
}

test('a sample counts once, however often it is polled', () => {
  const once = addReading(noReadings, reading(5, true));

  expect(addReading(once, reading(5, true))).toBe(once);
  expect(addReading(once, reading(4, true))).toBe(once);
  expect(addReading(once, reading(5.1, true))).toMatchObject({ readings: 2, broken: 2 });
});

test('polled between its samples, a check says what it would have said without', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), fc.integer({ min: 2, max: 4 }), (broken, polls) => {
      const polled = broken
        .flatMap((breaks, index) => Array.from({ length: polls }, () => reading(index + 1, breaks)))
        .reduce(addReading, noReadings);

      expect(polled).toEqual(read(...broken));
    }),
  );
});

test('a rule that is broken four times in a row is harm', () => {
  expect(findHarm(judge(true, true), limits)).toBeUndefined();
  expect(findHarm(judge(true, true, true, true), limits)).toBe(
    'queue depth: 0.9, wanted below 0.5; broken in 4 of 4 samples',
  );
});

test('a rule that is broken once in twenty is no harm, wherever that is', () => {
  for (let at = 0; at < 20; at++) {
    const judgement = judge(...Array.from({ length: 20 }, (_, index) => index === at));

    expect(findHarm(judgement, limits)).toBeUndefined();
    expect(judgement.checks['queue depth']).toMatchObject({ readings: 20, broken: 1 });
  }
});

test('a check that breaks its rule is a doubt, until it has kept it again', () => {
  expect(findSuspicion(judge(true, true), limits)).toContain('queue depth');
  expect(findSuspicion(judge(true, ...Array.from({ length: 19 }, () => false)), limits)).toBeUndefined();
});

test('one more broken rule is more evidence, one more kept rule is less', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (broken) => {
      const now = logEvidence(read(...broken).evidence);

      expect(logEvidence(read(...broken, true).evidence)).toBeGreaterThan(now);
      expect(logEvidence(read(...broken, false).evidence)).toBeLessThan(now);
    }),
  );
});

test('a check without a value says so', () => {
  expect(describeCheck('queue depth', undefined)).toBe('queue depth: no value yet');
});
