import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { vaultStore } from '../../../systems/credentials/stores/vault.js';
import { VaultApi } from '../../../systems/credentials/stores/vault-api.js';
import { startFaultyStore, type FaultyStore } from '../../support/faulty-store.js';
import { startKeyValue, type KeyValue } from '../../support/key-value.js';
import { candidate, old, contractOf, expectToHold, type StoreUnderTest } from './contract.js';

const keys = { user: 'username', password: 'password', beside: [] };
const kept = { username: old.user, password: old.password, host: 'db' };

let engine: KeyValue;
let proxy: FaultyStore;

beforeEach(async () => {
  engine = await startKeyValue();
  proxy = await startFaultyStore(engine.address);
  engine.versions.set('shop/db', [{ data: kept, deleted: false }]);
});

afterEach(() => {
  proxy.stop();
  engine.stop();
});

const open = (address = engine.address, token = engine.token) =>
  vaultStore({ address, mount: 'secret', path: 'shop/db', keys }, token);

function openForContract(): StoreUnderTest {
  return {
    store: open(),
    faulty: open(proxy.endpoint),
    breakWrites(after, done) {
      let writes = 0;
      proxy.faults = 0;
      proxy.schedule = ({ method }) =>
        method === 'POST' && ++writes > after ? { done, answer: 'breaks off' } : undefined;
    },
    mend() {
      proxy.schedule = () => undefined;
      return proxy.faults;
    },
    restoreOld: () => engine.versions.get('shop/db')?.push({ data: kept, deleted: false }),
  };
}

test.each(contractOf(3))('%s', async (_, rule) => {
  await expectToHold(openForContract, rule);
});

test('what else the path holds stays', async () => {
  await open().stage(candidate, 'run');
  await open().publish('run', '2026-01-01T00:00:00Z', 'current');

  expect(engine.versions.get('shop/db')?.at(-1)?.data).toEqual({
    ...kept,
    username: candidate.user,
    password: candidate.password,
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
