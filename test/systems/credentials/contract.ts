import { expect } from '@jest/globals';
import type { FaultyProxy } from '../../../stack/faults/faulty-proxy.js';
import type { SecretValue } from '../../../systems/credentials/secret-value.js';
import type { CredentialStore } from '../../../systems/credentials/store.js';

/** A store with the old version in it, and ways to disturb it. */
export interface StoreUnderTest {
  store: CredentialStore;
  /** The same, by way of what `breakWrites` breaks. */
  faulty: CredentialStore;
  /** From so many writes on, none gets through, or its answer does not. */
  breakWrites: (after: number, done: boolean) => void;
  /** Writes go well again. Answers how many have gone wrong since they were broken. */
  mend: () => number;
  /** Somebody brings back what consumers read before, and nothing else. */
  restoreOld: () => unknown;
}

/** The two ways to disturb a store that is reached by way of the API server. */
export function disturbing(proxy: FaultyProxy): Pick<StoreUnderTest, 'breakWrites' | 'mend'> {
  let faults = proxy.faults;
  return {
    breakWrites(after, done) {
      let writes = 0;
      faults = proxy.faults;
      proxy.schedule = ({ method }) =>
        method !== 'GET' && ++writes > after ? { done, answer: 'breaks off' } : undefined;
    },
    mend() {
      proxy.schedule = () => undefined;
      return proxy.faults - faults;
    },
  };
}

/** Waits for work that may fail, and keeps how it failed. */
type Settle = (work: Promise<unknown>) => Promise<unknown[]>;

/** One thing that a store owes. */
type Rule = (opened: StoreUnderTest, settle: Settle) => Promise<void>;

/** Of a shape that nothing else has: no error may say them. */
export const old: SecretValue = { user: 'shop_a', password: 'PLANTED-old-7d1f' };
export const candidate: SecretValue = { user: 'shop_b', password: 'PLANTED-new-93ca' };
export const another: SecretValue = { user: 'shop_c', password: 'PLANTED-another-b20e' };

const [at, later] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
const codes = /^(Conflict|Refused|Forbidden|ReadBackFailed|SystemUnreachable|ClusterUnreachable)$/;

/** Opens a store and sees that it holds to a rule, and that no failure on the way has told a value. */
export async function expectToHold(open: () => StoreUnderTest | Promise<StoreUnderTest>, rule: Rule): Promise<void> {
  const failures: unknown[] = [];
  await rule(await open(), async (work) => {
    await work.catch((error: unknown) => failures.push(error));
    return failures;
  });
  for (const failure of failures) {
    const { message, stack = '', code } = failure as Error & { code: string };
    for (const { password } of [old, candidate, another]) expect(`${message} ${stack}`).not.toContain(password);
    expect(code).toMatch(codes);
  }
}

/** What every store owes, whatever it is; `writes` is of how many requests a publication is made, at most. */
export function contractOf(writes: number): Array<[title: string, rule: Rule]> {
  const deaths = Array.from({ length: writes }, (_, after) => [true, false].map((done) => ({ after, done }))).flat();
  return [
    ['each change can be made twice, and the way back leads to where it began', repeats],
    ['who knows a version and may not stays known until a later one is proven, and is paid only once', keepsExposures],
    ['only the run that has made a candidate publishes it, points back from it or takes it away', minds],
    ['of two that write at once none undoes the other unseen', tells],
    ['what was restored to an old version is what is read, and the next rotation heals it', heals],
    ...deaths.flatMap(({ after, done }): Array<[string, Rule]> => {
      const when = `when its writer dies after ${after} requests (the last one done: ${done})`;
      return [
        [`${when} the next one brings it to the same end`, goesOn(after, done)],
        [`${when} it is pointed back from there`, pointsBack(after, done)],
      ];
    }),
  ];
}

async function repeats({ store }: StoreUnderTest): Promise<void> {
  const twice = async (change: () => Promise<void>) => {
    await change();
    await change();
  };
  await store.rehearse();
  expect(await store.read()).toEqual({ current: old });

  await twice(() => store.stage(candidate, 'run'));
  expect(await store.read()).toEqual({ current: old, pending: { ...candidate, run: 'run' } });

  await twice(() => store.publish('run', at, 'current'));
  expect(await store.read()).toEqual({ current: candidate, previous: old, publishedBy: 'run', rotatedAt: at });

  await twice(() => store.pointBack('run'));
  expect(await store.read()).toEqual({ current: old, pending: { ...candidate, run: 'run' } });

  await twice(() => store.discard('run'));
  expect(await store.read()).toEqual({ current: old });

  await store.stage(another, 'next');
  await store.publish('next', at, 'current');
  await twice(() => store.forget(later));
  await store.rehearse();
  expect(await store.read()).toEqual({ current: another, publishedBy: 'next', rotatedAt: at, provedAt: later });
}

async function keepsExposures({ store }: StoreUnderTest): Promise<void> {
  const before = '2025-12-31T00:00:00Z';
  for (let time = 0; time < 2; time += 1) await store.expose('anna', before);
  await store.stage(candidate, 'run');
  await store.publish('run', at, 'current');
  await store.expose('bob', later);
  expect((await store.read()).exposures).toEqual([
    { person: 'anna', at: before },
    { person: 'bob', at: later },
  ]);

  await store.forget(later);
  const { exposures } = await store.read();
  expect(exposures).toEqual([
    { person: 'anna', at: before, paidAt: later },
    { person: 'bob', at: later },
  ]);

  await store.expose(undefined, before);
  await store.stage(another, 'next');
  await store.publish('next', '2026-01-03T00:00:00Z', 'current');
  await store.pointBack('next');
  await store.discard('next');
  expect((await store.read()).exposures).toEqual([...(exposures ?? []), { at: before, paidAt: later }]);
}

async function minds({ store }: StoreUnderTest, settle: Settle): Promise<void> {
  await store.stage(candidate, 'run');

  const failures = await settle(store.publish('other', at, 'current'));
  await store.pointBack('other');
  await store.discard('other');

  expect(failures).toMatchObject([{ code: 'Refused' }]);
  expect(await store.read()).toEqual({ current: old, pending: { ...candidate, run: 'run' } });
}

async function tells({ store }: StoreUnderTest, settle: Settle): Promise<void> {
  await store.stage(candidate, 'run');

  const both = [settle(store.stage(another, 'other')), settle(store.publish('run', at, 'current'))];
  const [failures] = await Promise.all(both);

  const { current, pending, publishedBy } = await store.read();
  expect([old, candidate]).toContainEqual(current);
  expect([undefined, 'other', 'run']).toContain(pending?.run);
  // Neither is lost without anybody being told.
  const bothDone = publishedBy === 'run' && pending?.run === 'other';
  expect(failures?.length === 0).toBe(bothDone);
}

async function heals({ store, restoreOld }: StoreUnderTest): Promise<void> {
  await store.stage(candidate, 'run');
  await store.publish('run', at, 'current');
  await store.forget(at);
  await restoreOld();

  expect((await store.read()).current).toEqual(old);
  await store.stage(another, 'next');
  await store.publish('next', later, 'current');

  expect(await store.read()).toEqual({ current: another, previous: old, publishedBy: 'next', rotatedAt: later });
}

/** A publication whose writer dies after so many requests. */
async function breakPublication(
  { store, faulty, breakWrites, mend }: StoreUnderTest,
  settle: Settle,
  { after, done }: { after: number; done: boolean },
): Promise<void> {
  await store.stage(candidate, 'run');
  breakWrites(after, done);
  await settle(faulty.publish('run', at, 'current'));
  expect(mend()).toBeGreaterThan(0);
}

const goesOn =
  (after: number, done: boolean): Rule =>
  async (opened, settle) => {
    const { store, faulty, breakWrites, mend } = opened;
    await breakPublication(opened, settle, { after, done });
    await store.publish('run', later, 'current');

    const published = await store.read();
    expect(published).toMatchObject({ current: candidate, previous: old, publishedBy: 'run' });
    expect(published).not.toHaveProperty('pending');

    breakWrites(after, done);
    await settle(faulty.pointBack('run'));
    expect(mend()).toBeGreaterThan(0);
    await store.pointBack('run');
    await store.discard('run');

    expect(await store.read()).toEqual({ current: old });
  };

const pointsBack =
  (after: number, done: boolean): Rule =>
  async (opened, settle) => {
    const { store } = opened;
    await breakPublication(opened, settle, { after, done });

    await store.pointBack('run');
    await store.discard('run');

    const { current, pending } = await store.read();
    expect({ current, pending }).toEqual({ current: old, pending: undefined });
  };
