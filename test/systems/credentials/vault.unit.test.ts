import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { vaultStore } from '../../../systems/credentials/stores/vault.js';
import { VaultApi } from '../../../systems/credentials/stores/vault-api.js';
import { startFaultyStore, type FaultyStore } from '../../support/faulty-store.js';
import { startKeyValue, type KeyValue } from '../../support/key-value.js';

const keys = { user: 'username', password: 'password' };
const [old, candidate] = [
  { user: 'shop_a', password: 'old' },
  { user: 'shop_b', password: 'new' },
];

let engine: KeyValue;
let proxy: FaultyStore;

beforeEach(async () => {
  engine = await startKeyValue();
  proxy = await startFaultyStore(engine.address);
  engine.versions.set('shop/db', [{ data: { username: 'shop_a', password: 'old', host: 'db' }, deleted: false }]);
});

afterEach(() => {
  proxy.stop();
  engine.stop();
});

const open = (address = engine.address, token = engine.token) =>
  vaultStore({ address, mount: 'secret', path: 'shop/db', keys }, token);

/** From so many writes on, none gets through, or its answer does not. */
function breakWrites(after: number, done: boolean): void {
  let writes = 0;
  proxy.schedule = ({ method }) => (method === 'POST' && ++writes > after ? { done, answer: 'breaks off' } : undefined);
}

describe.each([0, 1, 2])('a store whose writer dies after %i of its writes', (after) => {
  test.each([true, false])('is brought to the same end by the next one (the last write done: %s)', async (done) => {
    const [store, faulty] = [open(), open(proxy.endpoint)];
    await store.stage(candidate, 'run');
    breakWrites(after, done);
    await expect(faulty.publish('run', '2026-01-01T00:00:00Z', 'current')).rejects.toMatchObject({
      code: 'SystemUnreachable',
    });
    await store.publish('run', '2026-01-02T00:00:00Z', 'current');

    expect(await store.read()).toMatchObject({ current: candidate, previous: old, publishedBy: 'run' });
    expect(engine.versions.get('shop/db')?.at(-1)?.data).toEqual({ username: 'shop_b', password: 'new', host: 'db' });

    breakWrites(after, done);
    await expect(faulty.pointBack('run')).rejects.toThrow();
    await store.pointBack('run');
    await store.discard('run');

    expect(await store.read()).toEqual({ current: old });
  });
});

test('of two that write what they have read the second one is told to look again', async () => {
  const api = new VaultApi(engine.address, 'secret', engine.token);
  const [one, other] = [await api.read('shop/db'), await api.read('shop/db')];
  await api.write('shop/db', { ...one, data: { password: 'first' } });

  await expect(api.write('shop/db', { ...other, data: { password: 'second' } })).rejects.toMatchObject({
    code: 'Conflict',
  });
  expect((await api.read('shop/db')).data).toEqual({ password: 'first' });
});

test('a candidate’s place that somebody has deleted is written again', async () => {
  engine.versions.set('shop/db-rotation', [{ data: { state: '{}' }, deleted: true }]);

  await open().stage(candidate, 'run');

  expect((await open().read()).pending).toEqual({ ...candidate, run: 'run' });
});

test('what the token may not do is said before anything is written, and the token itself nowhere', async () => {
  engine.capabilities = ['read'];

  await expect(open().rehearse()).rejects.toMatchObject({
    code: 'Forbidden',
    message: expect.stringContaining('lacks create, update'),
  });
  await expect(open(engine.address, 'hvs.another').read()).rejects.toMatchObject({
    code: 'Forbidden',
    message: expect.not.stringContaining('hvs.'),
  });
  expect(engine.versions.size).toBe(1);
});
