import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Trial, Trials } from '../../core/credential.js';
import { classify, debtsOf, dueAt, mayDestroy } from '../../policies/rotation.js';

const trial = fc.constantFrom<Trial>('works', 'refused', 'absent', 'unknown');
const trials = fc.record<Trials>({ pending: trial, current: trial, previous: trial });
const which = fc.constantFrom<keyof Trials>('pending', 'current', 'previous');

test('nothing that works is ever destroyed while it is the only one, or while anything is uncertain', () => {
  fc.assert(
    fc.property(trials, which, (found, destroyed) => {
      if (!mayDestroy(destroyed, found)) return;
      expect(Object.values(found)).not.toContain('unknown');
      const left = Object.entries(found).filter(([name]) => name !== destroyed);
      const worked = Object.values(found).includes('works');
      expect(left.some(([, each]) => each === 'works')).toBe(worked);
    }),
  );
});

test('what is uncertain is always said to be, and only that', () => {
  fc.assert(
    fc.property(trials, (found) => {
      expect(classify(found) === 'ambiguous').toBe(Object.values(found).includes('unknown'));
    }),
  );
});

test('only one version that works, and no other stored, is no debt', () => {
  fc.assert(
    fc.property(trials, (found) => {
      const clean =
        found.current === 'works' && found.pending === 'absent' && !['works', 'unknown'].includes(found.previous);
      const nothing = Object.values(found).every((each) => each === 'absent');
      expect(debtsOf(found).length === 0).toBe(clean || nothing || isEmptyButDead(found));
    }),
  );
});

/** Nothing is current: there is no version that could be wrong. */
function isEmptyButDead({ pending, current, previous }: Trials): boolean {
  return current === 'absent' && pending === 'absent' && previous === 'refused';
}

test.each<[Partial<Trials>, string]>([
  [{ current: 'works' }, 'settled'],
  [{ current: 'works', pending: 'refused' }, 'staged'],
  [{ current: 'works', pending: 'works' }, 'set'],
  [{ current: 'refused', pending: 'works' }, 'onlyCandidate'],
  [{ current: 'works', previous: 'works' }, 'overlapping'],
  [{ current: 'works', previous: 'refused' }, 'retired'],
  [{ current: 'refused', previous: 'works' }, 'onlyPrevious'],
  [{ current: 'refused', pending: 'refused' }, 'lost'],
])('%j is %s', (found, standing) => {
  expect(classify({ pending: 'absent', current: 'absent', previous: 'absent', ...found })).toBe(standing);
});

test('a credential is due its age after it came into force, and at once where that is not known', () => {
  const now = new Date('2026-11-21T00:00:00Z');
  const days = (count: number) => count * 86_400;

  expect(dueAt('2026-09-01T00:00:00Z', days(90), now)).toEqual({ at: '2026-11-30T00:00:00.000Z', overdue: false });
  expect(dueAt('2026-08-01T00:00:00Z', days(90), now)).toEqual({ at: '2026-10-30T00:00:00.000Z', overdue: true });
  expect(dueAt(undefined, days(90), now).overdue).toBe(true);
});
