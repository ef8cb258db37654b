import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { openCliShop, type CliShop } from '../support/cli-shop.js';
import { runCli } from '../support/cli.js';
import { eventually, setting } from '../support/settings.js';
import { spawnWorker } from '../support/workers.js';

jest.setTimeout(120_000);

let shop: CliShop;

beforeAll(async () => {
  shop = await openCliShop('reach');
});

afterAll(async () => {
  await shop.close();
});

test('nobody listens where Temporal should be: one line, at once, exit 1', async () => {
  const { exitCode, stderr } = await runCli(['list'], { TEMPORAL_ADDRESS: '127.0.0.1:47998' });

  expect(exitCode).toBe(1);
  expect(stderr).toContain('127.0.0.1:47998');
  expect(stderr).not.toMatch(/\n\s+at /);
});

/** A worker whose account may only do what is given; or whose cluster is not there. */
async function withKubeConfig(change: (config: KubeConfig) => void, use: () => Promise<void>): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(setting('KUBECONFIG'));
  change(config);
  const file = join(shop.folder, 'kubeconfig');
  await writeFile(file, config.exportConfig());
  const worker = await spawnWorker({ KUBECONFIG: file });
  try {
    await use();
  } finally {
    await worker.kill('SIGTERM');
  }
}

test('a right that the worker lacks is found while planning, before anything changes', async () => {
  const { world, runbook, start } = shop;
  const { namespace } = world;
  const account = { metadata: { name: 'reader', namespace } };
  await world.apply({ apiVersion: 'v1', kind: 'ServiceAccount', ...account });
  const rules = [
    {
      apiGroups: ['', 'apps'],
      resources: ['deployments', 'replicasets', 'pods', 'configmaps'],
      verbs: ['get', 'list'],
    },
  ];
  await world.apply({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', ...account, rules } as never);
  const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
  await world.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    ...account,
    subjects,
    roleRef,
  } as never);
  const secret = { name: 'reader', namespace, annotations: { 'kubernetes.io/service-account.name': 'reader' } };
  await world.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: secret,
    type: 'kubernetes.io/service-account-token',
  } as never);
  const token = await eventually('a token', 60, async () => {
    const found = await world.api.read<{ data?: { token?: string } }>(
      { group: 'core', plural: 'secrets' },
      namespace,
      'reader',
    );
    return found.data?.token && Buffer.from(found.data.token, 'base64').toString();
  });
  const before = await world.snapshot();

  await withKubeConfig(
    (config) => {
      config.addUser({ name: 'reader', token });
      config.addContext({ name: 'reader', cluster: config.getCurrentCluster()?.name ?? '', user: 'reader' });
      config.setCurrentContext('reader');
    },
    async () => {
      const { exitCode, stderr } = await start(await runbook('forbidden', { tag: '1.7.0' }));

      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/cannot patch resource "deployments".*runbook doctor/s);
    },
  );

  expect(await world.snapshot()).toEqual(before);
});

test('a cluster that cannot be reached is named with its address', async () => {
  await withKubeConfig(
    (config) => {
      config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: 'https://127.0.0.1:47997' }));
    },
    async () => {
      const { exitCode, stdout, stderr } = await shop.start(await shop.runbook('unreachable'));

      expect(exitCode).toBe(1);
      expect(stderr + stdout).toMatch(
        /cluster https:\/\/127.0.0.1:47997: expected an answer, found .*ECONNREFUSED.*nothing was changed/s,
      );
    },
  );
});
