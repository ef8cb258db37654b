import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startFaultyProxy, type FaultyProxy } from '../../../stack/faults/faulty-proxy.js';
import type { CredentialStore } from '../../../systems/credentials/store.js';
import { kubernetesSecretStore } from '../../../systems/credentials/stores/kubernetes-secret.js';
import { KubernetesApi, resources } from '../../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../../systems/kubernetes/connect.js';
import type { ConfigMap } from '../../../systems/kubernetes/objects.js';
import { setting } from '../../support/settings.js';

const api = connectKubernetes();
const namespace = `secrets-${process.pid}-${Date.now() % 100_000}`;
const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
const keys = { user: 'username', password: 'password' };
const [old, candidate] = [
  { user: 'shop_a', password: 'old' },
  { user: 'shop_b', password: 'new' },
];

let proxy: FaultyProxy;
let name: string;
let made = 0;
let store: CredentialStore;
let faulty: CredentialStore;

beforeAll(async () => {
  await objects.create(space);
  proxy = await startFaultyProxy(setting('KUBECONFIG'));
});

afterAll(async () => {
  proxy.stop();
  await objects.delete(space);
});

beforeEach(async () => {
  name = `shop-db-${made++}`;
  const stringData = { username: old.user, password: old.password, host: 'db' };
  await objects.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData } as never);
  proxy.schedule = () => undefined;
  store = kubernetesSecretStore(api, { namespace, name, keys });
  faulty = kubernetesSecretStore(new KubernetesApi(proxy.kubeConfig), { namespace, name, keys });
});

/** From so many writes on, none gets through, or its answer does not. */
function breakWrites(after: number, done: boolean): void {
  let writes = 0;
  proxy.schedule = ({ method }) => (method !== 'GET' && ++writes > after ? { done, answer: 'breaks off' } : undefined);
}

describe.each([0, 1, 2])('a store whose writer dies after %i of its writes', (after) => {
  test.each([true, false])('is brought to the same end by the next one (the last write done: %s)', async (done) => {
    await store.stage(candidate, 'run');
    breakWrites(after, done);
    await expect(faulty.publish('run', '2026-01-01T00:00:00Z', 'current')).rejects.toThrow();

    await store.publish('run', '2026-01-02T00:00:00Z', 'current');

    const published = await store.read();
    expect(published).toMatchObject({ current: candidate, previous: old, publishedBy: 'run' });
    expect(published).not.toHaveProperty('pending');

    breakWrites(after, done);
    await expect(faulty.pointBack('run')).rejects.toThrow();
    await store.pointBack('run');
    await store.pointBack('run');

    expect(await store.read()).toEqual({ current: old, pending: { ...candidate, run: 'run' } });
    await store.discard('run');
    expect(await store.read()).toEqual({ current: old });
  });

  test.each([true, false])('is pointed back from there (the last write done: %s)', async (done) => {
    await store.stage(candidate, 'run');
    breakWrites(after, done);
    await expect(faulty.publish('run', '2026-01-01T00:00:00Z', 'current')).rejects.toThrow();

    await store.pointBack('run');
    await store.discard('run');

    expect(await store.read()).toMatchObject({ current: old });
    expect(await store.read()).not.toHaveProperty('pending');
  });
});

test('only the run that has made a candidate publishes it, points back from it or takes it away', async () => {
  await store.stage(candidate, 'run');

  await expect(store.publish('other', '2026-01-01T00:00:00Z', 'current')).rejects.toMatchObject({ code: 'Refused' });
  await store.pointBack('other');
  await store.discard('other');

  expect(await store.read()).toEqual({ current: old, pending: { ...candidate, run: 'run' } });
});

test('two that write at once do not undo each other, and what else is in the Secret stays', async () => {
  await store.stage(candidate, 'run');
  const other = { user: 'shop_b', password: 'another' };

  const both = await Promise.allSettled([
    store.stage(other, 'other'),
    store.publish('run', '2026-01-01T00:00:00Z', 'current'),
  ]);

  const { current, pending } = await store.read();
  const refused = both.filter((each): each is PromiseRejectedResult => each.status === 'rejected');
  for (const { reason } of refused) expect(['Conflict', 'Refused']).toContain((reason as { code: string }).code);
  expect([old, candidate]).toContainEqual(current);
  expect([undefined, 'other', 'run']).toContain(pending?.run);
  const { data } = await api.read<ConfigMap>(resources.secrets, namespace, name);
  expect(Buffer.from(data?.['host'] ?? '', 'base64').toString()).toBe('db');
});
