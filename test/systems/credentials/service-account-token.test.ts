import { KubernetesObjectApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { startFaultyProxy, type FaultyProxy } from '../../../stack/faults/faulty-proxy.js';
import { connectServiceAccountTokens } from '../../../systems/credentials/providers/service-account-token/provider.js';
import type { CredentialProvider, Making } from '../../../systems/credentials/provider.js';
import type { SecretValue } from '../../../systems/credentials/secret-value.js';
import { KubernetesApi, resources } from '../../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../../systems/kubernetes/connect.js';
import type { ManagedObject } from '../../../systems/kubernetes/objects.js';
import { eventually, setting } from '../../support/settings.js';

jest.setTimeout(90_000);

const api = connectKubernetes();
const namespace = `tokens-${process.pid}-${Date.now() % 100_000}`;
const objects = KubernetesObjectApi.makeApiClient(api.kubeConfig);
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
const account = { namespace, serviceAccount: 'shop', lifetime: 7200 };

let proxy: FaultyProxy;
let faulty: CredentialProvider;
let runs = 0;
let making: Making;

const provider = connectServiceAccountTokens(api, account);

beforeAll(async () => {
  await objects.create(space);
  for (const name of ['shop', 'weak'])
    await objects.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  proxy = await startFaultyProxy(setting('KUBECONFIG'));
  faulty = connectServiceAccountTokens(new KubernetesApi(proxy.kubeConfig), account);
});

afterAll(async () => {
  proxy.stop();
  await objects.delete(space);
});

beforeEach(() => {
  proxy.schedule = () => undefined;
  making = { run: `run-${runs++}`, since: new Date().toISOString(), known: [], user: '', current: undefined };
});

/** Secrets that a run has left. */
async function secretsOf(run: string): Promise<string[]> {
  const found = await api.list<ManagedObject>(resources.secrets, namespace, { 'runbooks.temporal.io/run': run });
  return found.map(({ metadata }) => metadata.name);
}

/** The API server remembers a token that it has let in for 10 s. */
const refused = (value: SecretValue) =>
  eventually('a token that is refused', 40, async () => (await provider.try(value)) === 'refused');

test('a token works beside the one before, acts as its account, and is dead when its Secret is gone', async () => {
  await provider.rehearse({ next: '', old: 'any', known: ['any'] });
  const old = await provider.make(making);
  const made = await provider.make({ ...making, run: `${making.run}-next`, known: [old.user] });

  expect([await provider.try(old), await provider.try(made)]).toEqual(['works', 'works']);
  expect(await provider.probe(made)).toBe(`acts as system:serviceaccount:${namespace}:shop`);
  expect(await provider.set(made, old.user)).toBe(await provider.set(made, old.user));
  expect(provider.identify?.({ ...made, user: '' })).toEqual(made);
  expect(await provider.isRetired(old.user)).toBe(false);

  for (let time = 0; time < 2; time += 1) await provider.retire(old);

  expect(await provider.isRetired(old.user)).toBe(true);
  await refused(old);
  expect(await provider.try(made)).toBe('works');
  await expect(provider.set(old, old.user)).rejects.toMatchObject({ code: 'Refused' });
});

test('what is no token of this account is refused, and where nobody answers it is unknown', async () => {
  const value = await provider.make(making);
  const [head = '', body = ''] = value.password.split('.');
  for (const password of ['no token', `${head}.${body}.forged`])
    expect(await provider.try({ user: value.user, password })).toBe('refused');
  expect(provider.identify?.({ user: '', password: 'no token' }).user).toBe('');

  proxy.schedule = () => ({ done: true, answer: 503 });
  expect(await faulty.try(value)).toBe('unknown');
});

test('a token for somebody else than the API server is tried there as well', async () => {
  const own = connectServiceAccountTokens(api, { ...account, audiences: ['billing'] });
  const value = await own.make(making);

  expect([await own.try(value), await provider.try(value)]).toEqual(['works', 'refused']);
  expect(await own.probe(value)).toBe(`acts as system:serviceaccount:${namespace}:shop`);
});

test('the token of another account is not taken for one of this', async () => {
  const other = await connectServiceAccountTokens(api, { ...account, serviceAccount: 'weak' }).make(making);

  await expect(provider.probe(other)).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringContaining(':weak'),
  });
});

test('a token that nobody could end is refused beforehand', async () => {
  await expect(provider.rehearse({ next: '', old: '', known: [''] })).rejects.toMatchObject({ code: 'Refused' });
  await expect(
    connectServiceAccountTokens(api, { ...account, serviceAccount: 'nobody' }).rehearse({
      next: '',
      old: '',
      known: [],
    }),
  ).rejects.toMatchObject({ code: 'NotFound' });
});

test('a worker that may not is told which right it lacks', async () => {
  const { kubeConfig } = new KubernetesApi(connectKubernetes().kubeConfig);
  const { password: token } = await connectServiceAccountTokens(api, { ...account, serviceAccount: 'weak' }).make(
    making,
  );
  kubeConfig.loadFromClusterAndUser(kubeConfig.getCurrentCluster() ?? { name: '', server: '', skipTLSVerify: false }, {
    name: 'weak',
    token,
  });
  const weak = connectServiceAccountTokens(new KubernetesApi(kubeConfig), account);

  await expect(weak.rehearse({ next: '', old: '', known: [] })).rejects.toMatchObject({ code: 'Forbidden' });
  await expect(weak.try({ user: '', password: token })).rejects.toMatchObject({ code: 'Forbidden' });
});

test.each([
  ['the Secret', (path: string) => path.includes('/secrets')],
  ['the token', (path: string) => path.includes('/token')],
])('an answer about %s that is lost leaves nothing behind', async (_, isIt) => {
  for (const done of [true, false]) {
    proxy.schedule = ({ method, path }) =>
      method === 'POST' && isIt(path) ? { done, answer: 'breaks off' } : undefined;
    await expect(faulty.make(making)).rejects.toMatchObject({ code: 'ClusterUnreachable' });

    for (let time = 0; time < 2; time += 1) await provider.takeBack?.(making);

    expect(await secretsOf(making.run)).toEqual([]);
  }
  const made = await provider.make(making);
  await provider.takeBack?.({ ...making, known: [made.user] });
  expect(await secretsOf(making.run)).toEqual([made.user]);
  expect(await provider.try(made)).toBe('works');
});

test('a Secret that was made again under the same name is not the one that a token dies with', async () => {
  const value = await provider.make(making);
  await api.remove(resources.secrets, namespace, value.user);
  await objects.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: value.user, namespace } });

  await refused(value);
  expect(await provider.isRetired(value.user)).toBe(false);
});
