import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import type { Finding } from '../../client/cli/doctor/findings.js';
import { examineKubernetes } from '../../client/cli/doctor/kubernetes.js';
import { eventually } from '../support/settings.js';

jest.setTimeout(90_000);

const namespace = `rights-${process.pid}`;
const file = join(tmpdir(), `${namespace}.kubeconfig`);
const config = new KubeConfig();
const core = { apiVersion: 'v1', metadata: { name: 'backups', namespace } };
const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'backups', namespace } };
const readers = { apiGroups: ['*'], resources: ['deployments', 'services', 'configmaps'], verbs: ['list'] };
let admin: KubernetesObjectApi;

const header = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };

beforeAll(async () => {
  config.loadFromDefault();
  admin = KubernetesObjectApi.makeApiClient(config);
  await admin.create(header);
  await admin.create({ ...core, kind: 'ServiceAccount' });
  const subjects = [{ kind: 'ServiceAccount', name: 'backups', namespace }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'backups' };
  await admin.create({ ...rbac, kind: 'RoleBinding', subjects, roleRef } as never);
  const body = { spec: { audiences: [], expirationSeconds: 600 } };
  const api = config.makeApiClient(CoreV1Api);
  const { status } = await api.createNamespacedServiceAccountToken({ name: 'backups', namespace, body });
  const own = new KubeConfig();
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error('expected the stack’s cluster in its kubeconfig');
  own.loadFromOptions({
    clusters: [cluster],
    users: [{ name: 'backups', token: status?.token ?? '' }],
    contexts: [{ name: 'backups', cluster: cluster.name, user: 'backups' }],
    currentContext: 'backups',
  });
  await writeFile(file, own.exportConfig(), { mode: 0o600 });
  // As the worker would find it.
  process.env['KUBECONFIG'] = file;
});

afterAll(async () => {
  process.env['KUBECONFIG'] = kubeconfig;
  await admin.delete(header);
  await rm(file, { force: true });
});

async function examine(): Promise<Finding | undefined> {
  const findings = await examineKubernetes({ namespaces: [], backups: [namespace] });
  return findings.find(({ name }) => name === `rights to back up ${namespace}`);
}

const kubeconfig = process.env['KUBECONFIG'];

test('what a worker may not list, run or make is named; once it may, all is well in its own namespace', async () => {
  const role = { ...rbac, kind: 'Role', rules: [readers] };
  await admin.create(role as never);

  const few = await eventually('the rights of the Role', 30, async () => {
    const found = await examine();
    return found && !found.found.includes('list services,') && found;
  });

  expect(few).toMatchObject({ ok: false, next: expect.stringContaining(`a Role in ${namespace}`) });
  expect(few.found).toMatch(/^may not get namespaces, get pods\/exec, create pods\/exec, .*list secrets/);
  expect(few.found).toContain('list httproutes.gateway.networking.k8s.io');
  expect(few.found).not.toMatch(/list deployments\.apps|list configmaps/);

  const { metadata } = await admin.read(role);
  const all = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  await admin.replace({ ...role, metadata, rules: all } as never);

  // A Role lets nobody make namespaces, which drills do.
  const most = await eventually('the rights of the wider Role', 30, async () => {
    const found = await examine();
    return found && !found.found.includes('list secrets') && found;
  });
  expect(most).toMatchObject({
    ok: false,
    found: 'for drills may not create namespaces, delete namespaces',
  });
});
