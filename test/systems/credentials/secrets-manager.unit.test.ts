import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { secretsManagerStore } from '../../../systems/credentials/stores/secrets-manager.js';
import { SecretsManagerApi } from '../../../systems/credentials/stores/secrets-manager-api.js';
import { startSecretsManager, type SecretsManager } from '../../support/secrets-manager.js';
import { another, candidate, old, contractOf, expectToHold, type StoreUnderTest } from './contract.js';

const keys = { user: 'username', password: 'password', beside: [] };
const kept = { username: old.user, password: old.password, host: 'db' };
const writing = ['PutSecretValue', 'UpdateSecretVersionStage', 'CreateSecret'];

let service: SecretsManager;

beforeEach(async () => {
  service = await startSecretsManager();
  service.put('shop/db', kept, { kmsKey: 'key-of-the-shop' });
});

afterEach(() => service.stop());

const open = (key = service.key) =>
  secretsManagerStore({ region: 'eu-central-1', endpoint: service.address, secret: 'shop/db', keys }, key);

function openForContract(): StoreUnderTest {
  let faults = 0;
  return {
    store: open(),
    faulty: open(),
    breakWrites(after, done) {
      let writes = 0;
      faults = 0;
      service.fails = (action) => {
        if (!writing.includes(action) || ++writes <= after) return undefined;
        faults += 1;
        return { done };
      };
    },
    mend() {
      service.fails = () => undefined;
      return faults;
    },
    restoreOld() {
      const versions = service.secrets.get('shop/db')?.versions;
      const first = [...(versions?.keys() ?? [])][0] ?? '';
      service.secrets.get('shop/db')?.labels.set('AWSCURRENT', first);
    },
  };
}

test.each(contractOf(6))('%s', async (_, rule) => {
  await expectToHold(openForContract, rule);
});

test('what else is in the secret stays, and the candidate is encrypted by the same key', async () => {
  await open().stage(candidate, 'run');
  expect(service.holds('shop/db')).toEqual(kept);

  await open().publish('run', '2026-01-01T00:00:00Z', 'current');

  expect(service.holds('shop/db')).toEqual({ ...kept, username: candidate.user, password: candidate.password });
  expect(service.holds('shop/db', 'AWSPREVIOUS')).toEqual(kept);
  expect(service.secrets.get('shop/db-rotation')?.kmsKey).toBe('key-of-the-shop');
});

test('of two that write what they have read the second one is told to look again', async () => {
  const api = new SecretsManagerApi({ region: 'eu-central-1', endpoint: service.address }, service.key);
  const [one, other] = [await api.read('shop/db'), await api.read('shop/db')];
  await api.write('shop/db', { ...one, text: '{"password":"first"}' });

  await expect(api.write('shop/db', { ...other, text: '{"password":"second"}' })).rejects.toMatchObject({
    code: 'Conflict',
  });
  expect(service.holds('shop/db')).toEqual({ password: 'first' });
  await expect(api.create('shop/db', '{}', undefined)).rejects.toMatchObject({ code: 'Conflict' });
});

describe('before anything is written', () => {
  test.each(['PutSecretValue', 'UpdateSecretVersionStage', 'DescribeSecret'])(
    'it is said that %s is not allowed',
    async (action) => {
      const before = structuredClone(service.secrets);
      service.denied = [action];

      await expect(open().rehearse()).rejects.toMatchObject({
        code: 'Forbidden',
        message: expect.stringContaining(`: ${action}: `),
      });
      service.denied = [];
      await open().rehearse();

      expect(service.secrets).toEqual(before);
    },
  );

  test('a secret that AWS rotates as well is refused', async () => {
    service.put('shop/db', kept, { rotates: true });

    await expect(open().rehearse()).rejects.toMatchObject({ code: 'Refused' });
  });

  test('another key is refused, and not said', async () => {
    const key = { accessKeyId: 'AKIAOTHER', secretAccessKey: another.password };

    await expect(open(key).read()).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.not.stringContaining(another.password),
    });
  });

  test('a secret that is no JSON object is refused without its text', async () => {
    service.secrets.get('shop/db')?.versions.forEach((_, id, versions) => versions.set(id, old.password));

    await expect(open().read()).rejects.toMatchObject({
      code: 'Refused',
      message: expect.not.stringContaining(old.password),
    });
  });
});
