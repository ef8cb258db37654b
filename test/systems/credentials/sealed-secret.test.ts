import { X509Certificate } from 'node:crypto';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { startFaultyProxy, type FaultyProxy } from '../../../stack/faults/faulty-proxy.js';
import { sealedSecretStore } from '../../../systems/credentials/stores/sealed-secret.js';
import { readSealingCertificate, seal } from '../../../systems/credentials/stores/sealing.js';
import { KubernetesApi, resources } from '../../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../../systems/kubernetes/connect.js';
import type { ConfigMap, ManagedObject } from '../../../systems/kubernetes/objects.js';
import { defineKind } from '../../support/definitions.js';
import {
  makeSealingKey,
  startSealingController,
  type SealingControllerFake,
} from '../../support/sealing-controller.js';
import { setting, eventually } from '../../support/settings.js';
import { candidate, old, contractOf, expectToHold, type StoreUnderTest, disturbing } from './contract.js';

jest.setTimeout(90_000);

const api = connectKubernetes();
const namespace = `sealed-${process.pid}-${Date.now() % 100_000}`;
const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
const keys = { user: 'username', password: 'password' };
const controllerService = { namespace, name: 'sealed-secrets-controller' };

interface Sealed extends ManagedObject {
  spec: { encryptedData: Record<string, string> };
}

let controller: SealingControllerFake;
let certificate: X509Certificate;
let proxy: FaultyProxy;
let made = 0;

beforeAll(async () => {
  await objects.create(space);
  await defineKind(api, resources.sealedSecrets, 'SealedSecret');
  controller = await startSealingController(api, namespace);
  proxy = await startFaultyProxy(setting('KUBECONFIG'));
  // The Service leads there a moment after it was made.
  certificate = await eventually('the certificate', 30, () =>
    readSealingCertificate(api, controllerService).catch(() => undefined),
  );
});

afterEach(() => {
  controller.paused = false;
});

afterAll(async () => {
  proxy.stop();
  await controller.stop();
  await objects.delete(space);
});

const sealAll = (name: string, data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, seal(certificate, `${namespace}/${name}`, text)]));
const original = { username: old.user, password: old.password, host: 'db' };

async function makeSealed(): Promise<{
  namespace: string;
  name: string;
  keys: typeof keys;
  controller: typeof controllerService;
}> {
  const name = `shop-db-${made++}`;
  const spec = { encryptedData: sealAll(name, original) };
  const object = { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', metadata: { namespace, name }, spec };
  await api.create(resources.sealedSecrets, object);
  return { namespace, name, keys, controller: controllerService };
}

const secretOf = async (name: string, key: string) => {
  const { data } = await api.read<ConfigMap>(resources.secrets, namespace, name);
  return Buffer.from(data?.[key] ?? '', 'base64').toString();
};

async function open(): Promise<StoreUnderTest> {
  const place = await makeSealed();
  return {
    store: sealedSecretStore(api, place),
    faulty: sealedSecretStore(new KubernetesApi(proxy.kubeConfig), place),
    ...disturbing(proxy),
    async restoreOld() {
      const encryptedData = sealAll(place.name, original);
      await api.merge(resources.sealedSecrets, namespace, place.name, { spec: { encryptedData } });
    },
  };
}

test.each(contractOf(3))('%s', async (_, rule) => {
  await expectToHold(open, rule);
});

test('what else is sealed stays as it is, and no value stands in what was written', async () => {
  const place = await makeSealed();
  const before = await api.read<Sealed>(resources.sealedSecrets, namespace, place.name);
  const store = sealedSecretStore(api, place);
  await store.stage(candidate, 'run');
  await store.publish('run', '2026-01-01T00:00:00Z', 'current');

  const after = await api.read<Sealed>(resources.sealedSecrets, namespace, place.name);
  expect(after.spec.encryptedData['host']).toBe(before.spec.encryptedData['host']);
  expect(JSON.stringify(after)).not.toContain('PLANTED');
  expect(await secretOf(place.name, 'host')).toBe('db');
  expect(await secretOf(place.name, 'password')).toBe(candidate.password);
});

test('while the controller has not taken a change up nobody says what consumers read', async () => {
  const place = await makeSealed();
  const store = sealedSecretStore(api, place);
  await store.stage(candidate, 'run');
  controller.paused = true;

  const publishing = store.publish('run', '2026-01-01T00:00:00Z', 'current');
  await expect(publishing).rejects.toMatchObject({ code: 'SystemUnreachable' });
  expect(await secretOf(place.name, 'password')).toBe(old.password);

  controller.paused = false;
  await store.publish('run', '2026-01-01T00:00:00Z', 'current');
  expect((await store.read()).current).toEqual(candidate);
});

test('a controller that cannot open what was sealed is told, and the way back is open', async () => {
  const place = await makeSealed();
  const store = sealedSecretStore(api, place);
  await store.stage(candidate, 'run');
  const foreign = new X509Certificate(makeSealingKey().certificate);
  const broken = { password: seal(foreign, `${namespace}/${place.name}`, candidate.password) };
  await api.merge(resources.sealedSecrets, namespace, place.name, { spec: { encryptedData: broken } });

  expect((await store.read()).current).toEqual(old);
  await store.publish('run', '2026-01-01T00:00:00Z', 'current');

  expect((await store.read()).current).toEqual(candidate);
  await store.pointBack('run');
  expect((await store.read()).current).toEqual(old);
});

test('a controller that is not there is said before anything is written', async () => {
  const place = { ...(await makeSealed()), controller: { namespace, name: 'none' } };

  await expect(sealedSecretStore(api, place).rehearse()).rejects.toMatchObject({ code: 'NotFound' });
});
