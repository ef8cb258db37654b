import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backupStates } from '../../core/manifest.js';
import { planRetention, type RetentionPolicy, type StoredBackup } from '../../policies/retention.js';
import { backupAt, day, isProven, shown, start, usual } from './retention-store.js';

const nights = (count: number) => Array.from({ length: count }, (_, night) => backupAt(start + night * day));

function plan(backups: StoredBackup[], more: Partial<Parameters<typeof planRetention>[0]> = {}) {
  return planRetention({ backups, policy: usual, previous: usual, now: new Date(start + 4000 * day), ...more });
}

const keptIds = (planned: ReturnType<typeof plan>) =>
  planned.verdicts.filter(({ fate }) => fate === 'kept').map(({ id }) => id.slice(0, 10));
const whyOf = (planned: ReturnType<typeof plan>, date: string) =>
  planned.verdicts.find(({ id }) => id.startsWith(date))?.why.join('; ');

const policies = fc.record<RetentionPolicy>({
  daily: fc.nat(10),
  weekly: fc.nat(6),
  monthly: fc.nat(6),
  yearly: fc.nat(3),
  atLeast: fc.integer({ min: 1, max: 4 }),
  undoWindow: fc.nat(10 * 86_400),
  timeZone: fc.constantFrom('UTC', 'Europe/Moscow', 'America/New_York'),
});

/** Stores as they may lie there: any state, some condemned, some pardoned, some that refer to earlier ones. */
const stores = fc
  .array(
    fc.record({
      hour: fc.nat(3 * 365 * 24),
      state: fc.constantFrom(...backupStates),
      condemnedDaysAgo: fc.option(fc.nat(20), { nil: undefined, freq: 2 }),
      pardoned: fc.boolean(),
      needs: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
    }),
    { maxLength: 40 },
  )
  .map((drafts) => {
    const now = start + 3 * 365 * day;
    const sorted = [...new Map(drafts.map((draft) => [draft.hour, draft])).values()].sort((a, b) => a.hour - b.hour);
    return sorted.map(({ hour, state, condemnedDaysAgo, pardoned, needs }, index): StoredBackup => {
      const earlier = needs === undefined || index === 0 ? undefined : sorted[needs % index];
      const at = now - (condemnedDaysAgo ?? 0) * day;
      return backupAt(start + hour * 3_600_000, {
        state,
        needs: earlier ? [shown(start + earlier.hour * 3_600_000)] : [],
        ...(condemnedDaysAgo !== undefined && { condemned: { at: shown(at), until: shown(at + day) } }),
        ...(pardoned && hour % 7 === 0 && { pardon: { by: 'bob', reason: 'the audit' } }),
      });
    });
  });
const atEnd = new Date(start + 3 * 365 * day);

describe('whatever lies there and whatever the policy says', () => {
  const forAll = (
    check: (backups: StoredBackup[], planned: ReturnType<typeof plan>, policy: RetentionPolicy) => void,
  ) =>
    fc.assert(
      fc.property(stores, policies, (backups, policy) =>
        check(backups, plan(backups, { policy, now: atEnd, confirmed: true }), policy),
      ),
      { numRuns: 300 },
    );

  test('as many verified ones as asked for stay, and the newest of them is one', () => {
    forAll((backups, planned, { atLeast }) => {
      const proven = backups.filter(isProven).map(({ id }) => id);
      const kept = planned.verdicts.filter(({ id, fate }) => fate === 'kept' && proven.includes(id));
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(atLeast, proven.length));
      expect(kept[0]?.id).toBe(proven.at(-1));
    });
  });

  test('what is not verified stays until something newer is', () => {
    forAll((backups, planned) => {
      const newest = backups.findLastIndex(isProven);
      const gone = planned.verdicts.filter(({ fate }) => fate !== 'kept').map(({ id }) => id);
      expect(backups.slice(newest + 1).filter(({ id }) => gone.includes(id))).toEqual([]);
    });
  });

  test('only what was condemned long enough ago is removed, and no rule keeps it', () => {
    forAll((backups, planned, { undoWindow }) => {
      for (const id of planned.remove) {
        const { condemned } = backups.find((backup) => backup.id === id) as StoredBackup;
        expect(Date.parse(condemned?.at ?? '')).toBeLessThanOrEqual(atEnd.getTime() - Math.max(day, undoWindow * 1000));
        expect(planned.verdicts.find((verdict) => verdict.id === id)?.fate).toBe('removed');
      }
    });
  });

  test('nothing loses what it refers to', () => {
    forAll((backups, planned) => {
      const left = backups.filter(({ id }) => !planned.remove.includes(id));
      expect(left.flatMap(({ needs }) => needs).filter((id) => planned.remove.includes(id))).toEqual([]);
      const kept = planned.verdicts.filter(({ fate }) => fate === 'kept').map(({ id }) => id);
      const needed = backups.filter(({ id }) => kept.includes(id)).flatMap(({ needs }) => needs);
      expect(needed.filter((id) => !kept.includes(id))).toEqual([]);
    });
  });

  test('each has a fate and a reason; nobody is both condemned and pardoned; a second look condemns nobody more', () => {
    forAll((backups, planned, policy) => {
      expect(planned.verdicts.map(({ id }) => id).sort()).toEqual(backups.map(({ id }) => id).sort());
      expect(planned.verdicts.filter(({ why }) => why.length === 0)).toEqual([]);
      const marks = new Map(planned.condemn.map(({ id, at, until }) => [id, { at, until }]));
      const after = backups
        .filter(({ id }) => !planned.remove.includes(id))
        .map(({ condemned: before, ...backup }): StoredBackup => {
          const condemned = planned.pardon.includes(backup.id) ? undefined : (before ?? marks.get(backup.id));
          return { ...backup, ...(condemned && { condemned }) };
        });
      const again = plan(after, { policy, now: atEnd, confirmed: true });
      expect([again.condemn, again.pardon]).toEqual([[], []]);
    });
  });
});

test('the last of each day, week, month and year stays, with the rule that keeps it', () => {
  const policy = { ...usual, daily: 2, weekly: 2, monthly: 2, yearly: 1, atLeast: 1 };

  const planned = plan(nights(80), { policy, previous: policy });

  expect(keptIds(planned)).toEqual(['2026-03-21', '2026-03-20', '2026-03-15', '2026-02-28']);
  expect(whyOf(planned, '2026-03-15')).toBe('weekly: the last of week 2026-03-09, 2 of 2');
  expect(whyOf(planned, '2026-02-28')).toBe('monthly: the last of 2026-02, 2 of 2');
  expect(whyOf(planned, '2026-03-19')).toBe('no rule keeps it');
});

test('a day begins where the policy says: 22:30 in London is the next day in Moscow', () => {
  const backups = ['2026-01-05T20:30:00Z', '2026-01-05T22:30:00Z'].map((text) => backupAt(Date.parse(text)));
  const of = (timeZone: string) => {
    const policy = { ...usual, daily: 2, weekly: 0, monthly: 0, yearly: 0, atLeast: 1, timeZone };
    return plan(backups, { policy, previous: policy }).condemn.length;
  };

  expect([of('Europe/London'), of('Europe/Moscow')]).toEqual([1, 0]);
});

test('weeks without a backup do not count: an outage costs none of the earlier ones', () => {
  const policy = { ...usual, daily: 3, weekly: 0, monthly: 0, yearly: 0, atLeast: 1 };

  expect(keptIds(plan(nights(3), { policy, previous: policy }))).toHaveLength(3);
});

test('one that nobody verified does not take the place of one that is; it goes when a newer one is verified', () => {
  const [first, second, third] = nights(3) as [StoredBackup, StoredBackup, StoredBackup];
  const policy = { ...usual, daily: 1, weekly: 0, monthly: 0, yearly: 0, atLeast: 1 };
  const before = plan([first, { ...second, state: 'replicated' }], { policy, previous: policy });
  const after = plan([first, { ...second, state: 'replicated' }, third], { policy, previous: policy });

  expect(keptIds(before)).toEqual(['2026-01-02', '2026-01-01']);
  expect(whyOf(before, '2026-01-02')).toBe('replicated, not verified, and nothing newer is verified');
  expect(keptIds(after)).toEqual(['2026-01-03']);
  expect(whyOf(after, '2026-01-02')).toBe('replicated, and a newer one is verified');
});

test('condemned first, removed after the undo window; a shorter window does not hurry it, a pardon or a rule saves it', () => {
  const backups = nights(20);
  const policy = { ...usual, daily: 3, weekly: 0, monthly: 0, yearly: 0 };
  const ask = (all: StoredBackup[], days: number, more: Partial<RetentionPolicy> = {}) =>
    plan(all, { policy: { ...policy, ...more }, previous: { ...policy, ...more }, now: new Date(start + days * day) });
  const [mark] = ask(backups, 20).condemn.filter(({ id }) => id === backups[0]?.id);
  const condemned = backups.map((backup, index) => (index === 0 && mark ? { ...backup, condemned: mark } : backup));
  const pardoned = condemned.map((backup) => ({ ...backup, pardon: { by: 'bob', reason: 'the audit' } }));

  expect(mark).toMatchObject({ until: shown(start + 23 * day) });
  expect(ask(condemned, 22.9, { undoWindow: 0 }).remove).toEqual([]);
  expect(ask(condemned, 23).remove).toEqual([backups[0]?.id]);
  expect(ask(condemned, 23, { undoWindow: (4 * day) / 1000 }).remove).toEqual([]);
  expect(ask(pardoned, 23)).toMatchObject({ remove: [], pardon: [backups[0]?.id] });
  expect(whyOf(ask(pardoned, 23), '2026-01-01')).toBe('pardoned by bob: the audit');
  expect(ask(condemned, 23, { daily: 20 }).pardon).toEqual([backups[0]?.id]);
});

describe('a policy is refused, nothing is done, and it says why', () => {
  const tight = { ...usual, daily: 1, weekly: 0, monthly: 0, yearly: 0 };

  test('when it has changed and would condemn more than half at once; not when somebody confirms it', () => {
    const refused = plan(nights(30), { policy: tight, now: new Date(start + 30 * day) });
    const confirmed = plan(nights(30), { policy: tight, confirmed: true });

    expect(refused).toMatchObject({ condemn: [], pardon: [], remove: [] });
    expect(refused.refused).toBe(
      'the policy would condemn 28 of 30 backups at once, and it has changed: daily 7 → 1, weekly 4 → 0, monthly 12 → 0, yearly 3 → 0; confirm that you mean it',
    );
    expect([confirmed.refused, confirmed.condemn.length]).toEqual([undefined, 28]);
  });

  test('when it is new to a store that has backups already; not when it has been applied before', () => {
    const { previous: _, ...asked } = { backups: nights(30), policy: tight, previous: tight, now: atEnd };

    expect(planRetention(asked).refused).toContain('it is applied here for the first time');
    expect(planRetention({ ...asked, previous: tight }).refused).toBeUndefined();
  });

  test('when it keeps nothing; a last good backup cannot be given up at all', () => {
    const nothing = { ...tight, daily: 0 };

    expect(plan(nights(3), { policy: nothing, previous: nothing }).refused).toContain('keeps nothing');
    expect(plan(nights(3), { policy: { ...usual, atLeast: 0 }, confirmed: true }).refused).toContain(
      'last good backup',
    );
  });
});
