import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startFaultyProxy, type FaultyProxy } from '../../../stack/faults/faulty-proxy.js';
import { kubernetesSecretStore } from '../../../systems/credentials/stores/kubernetes-secret.js';
import { KubernetesApi, resources } from '../../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../../systems/kubernetes/connect.js';
import type { ConfigMap } from '../../../systems/kubernetes/objects.js';
import { setting } from '../../support/settings.js';
import { candidate, old, contractOf, expectToHold, type StoreUnderTest, disturbing } from './contract.js';

const api = connectKubernetes();
const namespace = `secrets-${process.pid}-${Date.now() % 100_000}`;
const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
const keys = { user: 'username', password: 'password', beside: [] };

let proxy: FaultyProxy;
let made = 0;

beforeAll(async () => {
  await objects.create(space);
  proxy = await startFaultyProxy(setting('KUBECONFIG'));
});

afterAll(async () => {
  proxy.stop();
  await objects.delete(space);
});

async function makeSecret(): Promise<string> {
  const name = `shop-db-${made++}`;
  const stringData = { username: old.user, password: old.password, host: 'db' };
  await objects.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData } as never);
  return name;
}

async function open(): Promise<StoreUnderTest> {
  const place = { namespace, name: await makeSecret(), keys };
  return {
    store: kubernetesSecretStore(api, place),
    faulty: kubernetesSecretStore(new KubernetesApi(proxy.kubeConfig), place),
    ...disturbing(proxy),
    async restoreOld() {
      const encode = (text: string) => Buffer.from(text).toString('base64');
      const data = { username: encode(old.user), password: encode(old.password) };
      await api.merge(resources.secrets, namespace, place.name, { data });
    },
  };
}

test.each(contractOf(3))('%s', async (_, rule) => {
  await expectToHold(open, rule);
});

test('what else is in the Secret stays', async () => {
  const name = await makeSecret();
  const store = kubernetesSecretStore(api, { namespace, name, keys });

  await store.stage(candidate, 'run');
  await store.publish('run', '2026-01-01T00:00:00Z', 'current');

  const { data } = await api.read<ConfigMap>(resources.secrets, namespace, name);
  expect(Buffer.from(data?.['host'] ?? '', 'base64').toString()).toBe('db');
});
