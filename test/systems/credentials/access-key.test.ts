import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectAccessKeys } from '../../../systems/credentials/providers/access-key/provider.js';
import type { CredentialProvider, Trace } from '../../../systems/credentials/provider.js';
import type { SecretValue } from '../../../systems/credentials/secret-value.js';
import { startFaultyStore, type FaultyStore } from '../../support/faulty-store.js';
import { startIam, type Iam } from '../../support/iam.js';

let iam: Iam;
let proxy: FaultyStore;
let current: SecretValue;
let provider: CredentialProvider;
let trace: Trace;

const open = (change: object = {}) =>
  connectAccessKeys({ user: 'shop', admin: iam.admin, region: 'us-east-1', endpoint: iam.endpoint, ...change });

beforeAll(async () => {
  iam = await startIam();
  proxy = await startFaultyStore(iam.endpoint);
});

afterAll(async () => {
  proxy.stop();
  await iam.stop();
});

beforeEach(async () => {
  proxy.schedule = () => undefined;
  provider = open();
  const { accessKeyId: user, secretAccessKey: password } = await iam.createKey();
  current = { user, password };
  // As when a run begins later: IAM tells times in whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
  trace = { run: 'run', since: new Date().toISOString(), known: [user] };
});

afterEach(async () => {
  for (const user of await iam.keys()) await open().retire({ user });
});

const check = () => ({ endpoint: iam.s3, bucket: 'shop' });

test.each([true, false])(
  'a key works, is refused when its secret is another one, it is inactive or gone, and is unknown where nobody answers (by a bucket: %s)',
  async (byBucket) => {
    const [here, nowhere] = [check(), { ...check(), endpoint: 'http://127.0.0.1:9' }];
    const tried = open(byBucket ? { check: here } : {});
    expect(await tried.try(current)).toBe('works');
    expect(await tried.try({ ...current, password: 'another' })).toBe('refused');
    expect(await tried.try({ user: 'AKIANOBODYHASTHIS00', password: 'another' })).toBe('refused');
    expect(await open(byBucket ? { check: nowhere } : { endpoint: nowhere.endpoint }).try(current)).toBe('unknown');

    for (let time = 0; time < 2; time += 1) await tried.retire(current);

    expect(await tried.try(current)).toBe('refused');
    expect(await tried.isRetired(current.user)).toBe(true);
  },
);

test('what a key may not do says nothing of the key', async () => {
  const { accessKeyId: user, secretAccessKey: password } = iam.powerless;

  expect(await open({ user: 'powerless', check: check() }).try({ user, password })).toBe('unknown');
  await expect(open({ check: check() }).probe({ user, password })).rejects.toMatchObject({ code: 'ReadBackFailed' });
});

test('a new one is made beside the old one, acts as the same user, and leaves the old one alive', async () => {
  await provider.rehearse({ next: '', old: current.user, known: [current.user] });
  const made = await provider.make({ ...trace, user: '', current });

  expect(await provider.set(made, current.user)).toBe(await provider.set(made, current.user));
  expect(await provider.probe(made)).toMatch(/^acts as arn:.*\/shop$/);
  expect(await open({ check: check() }).probe(made)).toBe('lists bucket shop');
  expect([await provider.try(made), await provider.try(current)]).toEqual(['works', 'works']);
  expect(await provider.isRetired(current.user)).toBe(false);
  expect(await provider.findLastUse?.(current.user)).toBe((await iam.lastUse(current.user))?.toISOString());
});

test('a key of somebody else is not taken for the user’s', async () => {
  const { accessKeyId: user, secretAccessKey: password } = iam.powerless;

  await expect(provider.probe({ user, password })).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringMatching(/to act as shop, found arn:.*powerless/),
  });
});

test('a stale key that takes the last place is found beforehand, with when it was made and used', async () => {
  const stale = await iam.createKey();
  const turn = { next: '', old: current.user, known: [current.user] };
  const message = expect.stringContaining(`${stale.accessKeyId} (made 20`);

  await expect(provider.rehearse(turn)).rejects.toMatchObject({ code: 'Refused', message });
  await expect(provider.rehearse(turn)).rejects.toThrow(/last used never/);
  await provider.try({ user: stale.accessKeyId, password: stale.secretAccessKey });
  const used = (await iam.lastUse(stale.accessKeyId))?.toISOString();
  await expect(provider.rehearse(turn)).rejects.toThrow(`last used ${used}`);
  // One that the store knows is a run's own affair.
  await provider.rehearse({ ...turn, known: [current.user, stale.accessKeyId] });
  expect(await iam.keys()).toHaveLength(2);
});

test('an admin who may not is told so before anything changes', async () => {
  const weak = open({ admin: iam.powerless });

  await expect(weak.rehearse({ next: '', old: current.user, known: [current.user] })).rejects.toMatchObject({
    code: 'Forbidden',
    message: expect.stringMatching(/iam:ListAccessKeys/),
  });
  await expect(open({ user: 'nobody' }).rehearse({ next: '', old: '', known: [] })).rejects.toMatchObject({
    code: 'NotFound',
  });
});

/** From so many calls on, no answer arrives; the server has done it, or has not even seen it. */
function breakAfter(calls: number, done: boolean): CredentialProvider {
  let seen = 0;
  proxy.schedule = () => (seen++ < calls ? undefined : { done, answer: 'breaks off' });
  return open({ endpoint: proxy.endpoint });
}

test.each([true, false])(
  'an answer to CreateAccessKey that is lost leaves no key behind (it was done: %s)',
  async (done) => {
    // It looks first.
    const lost = breakAfter(1, done).make({ ...trace, user: '', current });
    await expect(lost).rejects.toMatchObject({ code: 'SystemUnreachable' });
    expect(await iam.keys()).toHaveLength(done ? 2 : 1);

    for (let time = 0; time < 2; time += 1) await provider.takeBack?.(trace);
    expect(await iam.keys()).toEqual([current.user]);
    const made = await provider.make({ ...trace, user: '', current });

    expect(await iam.keys()).toEqual([current.user, made.user].sort());
    expect(await provider.try(current)).toBe('works');
  },
);

test.each([0, 1])('an end that is lost after %i calls is brought to its end by the next one', async (calls) => {
  for (const done of [true, false]) {
    await expect(breakAfter(calls, done).retire(current)).rejects.toMatchObject({ code: 'SystemUnreachable' });
    await provider.retire(current);

    expect(await provider.isRetired(current.user)).toBe(true);
    expect(await provider.try(current)).toBe('refused');
  }
});

test('one that died between ending a key and removing it does not keep the place of the next one', async () => {
  const left = await iam.createKey();
  const known = [current.user, left.accessKeyId];
  await expect(breakAfter(1, false).retire({ user: left.accessKeyId })).rejects.toThrow();

  const made = await provider.make({ ...trace, known, user: '', current });

  expect(await iam.keys()).toEqual([current.user, made.user].sort());
});

test('with two keys that work no third one is made', async () => {
  const known = [current.user, (await iam.createKey()).accessKeyId];

  await expect(provider.make({ ...trace, known, user: '', current })).rejects.toMatchObject({ code: 'Refused' });
  expect(await iam.keys()).toHaveLength(2);
});

test('a key that somebody uses is left and named, and so is what was there before the run', async () => {
  const used = await iam.createKey();
  const later = { ...trace, since: new Date(Date.now() + 2000).toISOString() };
  await provider.takeBack?.(later);
  expect(await iam.keys()).toHaveLength(2);
  await provider.try({ user: used.accessKeyId, password: used.secretAccessKey });

  await expect(provider.takeBack?.(trace)).rejects.toMatchObject({
    code: 'StillUsed',
    message: expect.stringContaining(used.accessKeyId),
  });
  expect(await iam.keys()).toHaveLength(2);
});

test('no error says a secret', async () => {
  const secrets = [current.password, iam.admin.secretAccessKey, iam.powerless.secretAccessKey];
  const weak = open({ admin: iam.powerless });
  const failed = await Promise.allSettled([
    weak.make({ ...trace, user: '', current }),
    weak.retire(current),
    provider.probe({ ...current, password: 'another' }),
    breakAfter(0, true).make({ ...trace, user: '', current }),
  ]);

  expect(failed.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  for (const each of failed) {
    const { message, stack, cause } = (each as PromiseRejectedResult).reason as Error;
    expect(cause).toBeUndefined();
    for (const secret of secrets) expect(`${message} ${stack}`).not.toContain(secret);
  }
});
