import { expect, test } from '@jest/globals';
import { planRetention, type RetentionPolicy } from '../../policies/retention.js';
import { retention } from '../../runbooks/retention.js';

test('a policy that says only how many days is one that can be applied', () => {
  const { pardons, ...policy }: { pardons: unknown[] } & RetentionPolicy = retention.parse({ daily: 30 });

  expect(pardons).toEqual([]);

  expect(policy).toEqual({
    daily: 30,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    atLeast: 2,
    undoWindow: 604_800,
    timeZone: 'UTC',
  });
  expect(planRetention({ backups: [], policy, now: new Date() }).refused).toBeUndefined();
});

test.each([
  ['a typo', { dayly: 30, weekly: 4 }, 'dayly'],
  ['keeping nothing', { atLeast: 3 }, 'expected to keep at least one day, week, month or year'],
  ['giving up the last good one', { daily: 7, atLeast: 0 }, 'atLeast'],
  ['half a day', { daily: 0.5 }, 'daily'],
  ['a window without a unit', { daily: 7, undoWindow: '7' }, 'expected a duration'],
  ['a zone that is none', { daily: 7, timeZone: 'Mars/Olympus' }, 'IANA'],
])('%s is refused', (_, written, message) => {
  expect(JSON.stringify(retention.safeParse(written).error?.issues)).toContain(message);
});
