import { expect, test } from '@jest/globals';
import { planRetention, type StoredBackup } from '../../policies/retention.js';
import { backupAt, day, isProven, start, usual } from './retention-store.js';

test('ten years of nights, with backups that fail and verifications that come late: never without a proven one', () => {
  const random = (
    (seed) => () =>
      (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  )(42);
  let store: StoredBackup[] = [];
  let most = 0;
  for (let night = 0; night < 3652; night++) {
    const moment = start + night * day;
    // A bad fortnight each autumn: nothing is verified.
    const outage = night % 365 > 280 && night % 365 < 295;
    if (random() > 0.05) store.push(backupAt(moment, { state: 'committed' }));
    store = store.map((each) =>
      each.state === 'committed' && !outage && random() > 0.2 ? { ...each, state: 'verified' } : each,
    );
    const before = store.filter(isProven);
    const planned = planRetention({
      backups: store,
      policy: usual,
      previous: usual,
      now: new Date(moment + 3_600_000),
    });
    const marks = new Map(planned.condemn.map(({ id, at, until }) => [id, { at, until }]));
    store = store
      .filter(({ id }) => !planned.remove.includes(id))
      .map(({ condemned, ...each }) => {
        const mark = planned.pardon.includes(each.id) ? undefined : (condemned ?? marks.get(each.id));
        return { ...each, ...(mark && { condemned: mark }) };
      });
    const standing = store.filter((each) => isProven(each) && !each.condemned);
    most = Math.max(most, store.length);
    // Compared by hand: an expect a night would take longer than the ten years.
    if (standing.length < Math.min(usual.atLeast, before.length)) throw new Error(`night ${night}: too few are left`);
    if (standing.at(-1)?.id !== before.at(-1)?.id) throw new Error(`night ${night}: the newest verified one is gone`);
  }
  const end = planRetention({ backups: store, policy: usual, previous: usual, now: new Date(start + 3652 * day) });
  const kept = end.verdicts.filter(({ fate }) => fate === 'kept').map(({ id }) => id.slice(0, 10));

  expect(kept.filter((date) => date.slice(0, 7) >= '2035-01')).not.toEqual([]);
  expect(new Set(kept.map((date) => date.slice(0, 4)))).toEqual(new Set(['2033', '2034', '2035']));
  expect(kept.length).toBeLessThanOrEqual(7 + 4 + 12 + 3 + 2);
  expect(most).toBeLessThan(7 + 4 + 12 + 3 + 2 + 40);
});
