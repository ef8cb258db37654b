import { expect, test } from '@jest/globals';
import { describeExposure, leftAt, openExposures, owedSince } from '../../policies/credential-debts.js';

const [monday, tuesday, today] = ['2026-11-16T08:00:00.000Z', '2026-11-17T08:00:00.000Z', '2026-11-22T08:00:00.000Z'];

test('a campaign that is run again goes on from the day on which the person has left, as long as anything of it is owed', () => {
  const owing = [{ exposures: [{ person: 'bob', at: monday }] }, { exposures: [{ person: 'anna', at: tuesday }] }];

  expect(leftAt('anna', owing, today)).toBe(tuesday);
  expect(leftAt('carol', owing, today)).toBe(today);
  expect(leftAt('anna', [], today)).toBe(today);
});

test('what is paid is owed no more; of several who know it the first counts', () => {
  const exposures = [
    { person: 'bob', at: tuesday },
    { person: 'anna', at: monday },
  ];

  expect(openExposures([...exposures, { person: 'carol', at: monday, paidAt: tuesday }])).toEqual(exposures);
  expect(owedSince({ exposures })).toBe(monday);
  expect(owedSince({ exposures: [] })).toBeUndefined();
  expect(describeExposure({ person: 'anna', at: monday })).toMatch(/^anna has left on 2026-11-16 /);
  expect(describeExposure({ at: monday })).toMatch(/^it is known to have leaked since 2026-11-16:/);
});
