import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { externalSecretFollower } from '../../../systems/credentials/stores/external-secret.js';
import { followed, secretFollower } from '../../../systems/credentials/stores/followed.js';
import { vaultStore } from '../../../systems/credentials/stores/vault.js';
import { resources } from '../../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../../systems/kubernetes/connect.js';
import type { ConfigMap } from '../../../systems/kubernetes/objects.js';
import { defineKind } from '../../support/definitions.js';
import { startExternalSecrets, type ExternalSecretsFake } from '../../support/external-secrets.js';
import { startKeyValue, type KeyValue } from '../../support/key-value.js';
import { eventually } from '../../support/settings.js';
import { candidate, old } from './contract.js';

jest.setTimeout(90_000);

const api = connectKubernetes();
const namespace = `external-${process.pid}-${Date.now() % 100_000}`;
const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
const keys = { user: 'username', password: 'password' };
const at = '2026-01-01T00:00:00Z';

let engine: KeyValue;
let operator: ExternalSecretsFake;
let name: string;
let made = 0;

const stored = () => engine.versions.get('shop/db')?.at(-1)?.data as Record<string, string>;
const target = async () => {
  const secret = await api.find<ConfigMap>(resources.secrets, namespace, `${name}-target`);
  return Buffer.from(secret?.data?.['url'] ?? '', 'base64').toString();
};
// As a template would: consumers get an address, and no key holds the password alone.
const asAddress = () => ({ url: `postgres://${stored()['username']}:${stored()['password']}@db/shop` });

beforeAll(async () => {
  await objects.create(space);
  await defineKind(api, resources.externalSecrets, 'ExternalSecret');
  operator = startExternalSecrets(api, namespace, asAddress);
});

afterAll(async () => {
  await operator.stop();
  await objects.delete(space);
});

afterEach(() => engine.stop());

beforeEach(async () => {
  engine = await startKeyValue();
  engine.versions.set('shop/db', [{ data: { username: old.user, password: old.password }, deleted: false }]);
  name = `shop-db-${made++}`;
  operator.read = asAddress;
  await make({ target: { name: `${name}-target` } });
  await eventually('the first Secret', 30, async () => (await target()).includes(old.password));
});

async function make(spec: object): Promise<void> {
  const metadata = { namespace, name };
  const object = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata, spec };
  await api.create(resources.externalSecrets, object);
}

const open = () =>
  followed(
    vaultStore({ address: engine.address, mount: 'secret', path: 'shop/db', keys }, engine.token),
    externalSecretFollower(api, { namespace, name }),
  );

test('what is published has arrived where consumers read it, and what is pointed back too', async () => {
  await open().rehearse();
  await open().stage(candidate, 'run');
  await open().publish('run', at, 'current');

  expect(await target()).toContain(candidate.password);
  const { reads } = operator;
  await open().publish('run', at, 'current');
  // It had followed already.
  expect(operator.reads).toBe(reads);

  await open().pointBack('run');
  expect(await target()).toContain(old.password);
});

test('who comes after a death between the store and External Secrets ends it', async () => {
  const inner = vaultStore({ address: engine.address, mount: 'secret', path: 'shop/db', keys }, engine.token);
  await inner.stage(candidate, 'run');
  await inner.publish('run', at, 'current');
  expect(await target()).toContain(old.password);

  await open().publish('run', at, 'current');

  expect(await target()).toContain(candidate.password);
});

test('where External Secrets cannot read the store, consumers are not restarted, and the reason is told without a value', async () => {
  operator.read = () => {
    throw new Error('sealed');
  };
  await open().stage(candidate, 'run');

  await expect(open().publish('run', at, 'current')).rejects.toMatchObject({
    code: 'ReadBackFailed',
    message: expect.stringMatching(/^(?!.*PLANTED).*could not get secret data/s),
  });

  operator.read = asAddress;
  await open().pointBack('run');
  expect(await target()).toContain(old.password);
});

test('one that reads something else than the store is found out', async () => {
  operator.read = () => ({ url: 'postgres://of-another-service' });
  await open().stage(candidate, 'run');

  await expect(open().publish('run', at, 'current')).rejects.toMatchObject({
    code: 'ReadBackFailed',
    message: expect.stringContaining('remoteRef'),
  });
});

test('what never follows or is not there is said beforehand', async () => {
  name = `${name}-once`;
  await make({ refreshPolicy: 'CreatedOnce' });

  await expect(open().rehearse()).rejects.toMatchObject({ code: 'Refused' });
  await expect(externalSecretFollower(api, { namespace, name: 'none' }).rehearse()).rejects.toMatchObject({
    code: 'NotFound',
  });
  await expect(secretFollower(api, { namespace, name: 'none' }).rehearse()).rejects.toMatchObject({ code: 'NotFound' });
});

test('what Flux or Argo CD brings is waited for', async () => {
  const follower = secretFollower(api, { namespace, name: `${name}-target` });
  const late = setTimeout(() => {
    const data = { password: Buffer.from(candidate.password).toString('base64') };
    void api.merge(resources.secrets, namespace, `${name}-target`, { data });
  }, 1000);

  await follower.follow(candidate);

  clearTimeout(late);
  expect((await api.read<ConfigMap>(resources.secrets, namespace, `${name}-target`)).data).toHaveProperty('password');
});
