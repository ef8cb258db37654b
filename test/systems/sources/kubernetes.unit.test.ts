import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { cleanObject } from '../../../systems/sources/kubernetes/clean-object.js';
import type { LiveObject } from '../../../systems/sources/kubernetes/live-object.js';
import { isMadeByCluster } from '../../../systems/sources/kubernetes/made-by-cluster.js';
import { compareObject, isInert, toScratch } from '../../../systems/sources/kubernetes/scratch-form.js';
import { inOrder, readObjects, writeObjects } from '../../../systems/sources/kubernetes/yaml-stream.js';

function object(kind: string, change: Partial<LiveObject> = {}): LiveObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'one', namespace: 'shop' }, ...change };
}

const none = new Set<string>();

test.each<[string, LiveObject, boolean]>([
  ['an Event', object('Event'), true],
  ['the CA of every namespace', object('ConfigMap', { metadata: { name: 'kube-root-ca.crt', namespace: 'a' } }), true],
  ['a ConfigMap', object('ConfigMap'), false],
  [
    'what a controller owns',
    object('ReplicaSet', {
      metadata: { name: 'a', namespace: 'a', ownerReferences: [{ uid: 'x', controller: true }] },
    }),
    true,
  ],
  ['the default account', object('ServiceAccount', { metadata: { name: 'default', namespace: 'a' } }), true],
  [
    'the default account with a key for pulling images',
    object('ServiceAccount', { metadata: { name: 'default', namespace: 'a' }, imagePullSecrets: [{ name: 'pull' }] }),
    false,
  ],
  ['a job that is over', object('Job', { status: { conditions: [{ type: 'Complete', status: 'True' }] } }), true],
  ['a job that runs', object('Job', { status: { conditions: [] } }), false],
  ['a pod that has ended', object('Pod', { status: { phase: 'Succeeded' } }), true],
  ['a pod that runs', object('Pod', { status: { phase: 'Running' } }), false],
  [
    'what is being deleted',
    object('Secret', { metadata: { name: 'a', namespace: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    true,
  ],
])('%s: made by the cluster?', (_, found, expected) => {
  expect(isMadeByCluster(found, none)).toBe(expected);
});

test('Endpoints of a Service without a selector are kept, for nobody else makes them', () => {
  expect(isMadeByCluster(object('Endpoints'), none)).toBe(false);
  expect(isMadeByCluster(object('Endpoints'), new Set(['one']))).toBe(true);
});

test('what the cluster has filled in is gone, and what people have said stays', () => {
  const token = { name: 'kube-api-access-x7k2p' };
  const pod = object('Pod', {
    metadata: {
      ...{ name: 'one', namespace: 'shop', uid: 'u', resourceVersion: '7', labels: { app: 'one' } },
      ...{ managedFields: [{}], creationTimestamp: 'then', annotations: { mine: 'yes' } },
      ownerReferences: [{ uid: 'gone' }],
    },
    spec: {
      nodeName: 'node-1',
      volumes: [{ name: 'data' }, token],
      containers: [{ name: 'a', volumeMounts: [token] }],
    },
    status: { phase: 'Running' },
  });
  expect(cleanObject(pod)).toEqual({
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name: 'one', namespace: 'shop', labels: { app: 'one' }, annotations: { mine: 'yes' } },
    spec: { volumes: [{ name: 'data' }], containers: [{ name: 'a' }] },
  });
  expect(pod.spec?.['nodeName']).toBe('node-1');

  const claim = (annotations: Record<string, string>) =>
    cleanObject(
      object('PersistentVolumeClaim', {
        metadata: { name: 'a', namespace: 'a', annotations },
        spec: { volumeName: 'pv-1' },
      }),
    );
  expect(claim({ 'pv.kubernetes.io/bound-by-controller': 'yes' })).toMatchObject({ spec: {}, metadata: { name: 'a' } });
  expect(claim({ 'pv.kubernetes.io/bound-by-controller': 'yes' }).spec).toEqual({});
  expect(claim({ 'pv.kubernetes.io/bind-completed': 'yes' }).spec).toEqual({ volumeName: 'pv-1' });

  const service = (clusterIP: string) =>
    cleanObject(object('Service', { spec: { clusterIP, clusterIPs: [clusterIP] } })).spec;
  expect(service('10.0.0.7')).toEqual({});
  expect(service('None')).toEqual({ clusterIP: 'None', clusterIPs: ['None'] });
  const labels = { 'controller-uid': 'u', app: 'a' };
  const job = object('Job', { spec: { selector: {}, template: { metadata: { labels } } } });
  expect(cleanObject(job).spec).toEqual({ template: { metadata: { labels: { app: 'a' } } } });
});

test('the stream holds what a deployment needs before it, the same objects always in the same order', () => {
  const kinds = ['Deployment', 'Ingress', 'Service', 'HTTPRoute', 'Secret', 'ServiceAccount', 'Namespace', 'ConfigMap'];
  const ordered = [
    'Namespace',
    'ServiceAccount',
    'ConfigMap',
    'Secret',
    'Service',
    'HTTPRoute',
    'Deployment',
    'Ingress',
  ];
  const objects = kinds.map((kind) => object(kind));

  expect(inOrder(objects).map(({ kind }) => kind)).toEqual(ordered);
  expect(inOrder(objects.toReversed())).toEqual(inOrder(objects));
});

test('strings stay strings for a reader of YAML 1.1, as kubectl is, and separators are nothing else', async () => {
  const data = {
    ...{ on: 'yes', y: 'no', '012': '012', time: '12:30', nothing: '~', hex: '0x1F', big: '1_000', date: '2026-01-01' },
    ...{
      text: 'a\n---\nb\n',
      tab: '\t',
      wide: 'x '.repeat(200),
      colon: 'a: b #c',
      empty: '',
      unicode: '\u0085\u2028ü',
    },
  };
  const objects = [object('ConfigMap', { data }), object('Secret', { data: { a: 'aQ==' }, number: 12, yes: true })];
  const written = [...writeObjects(objects)];

  const text = Buffer.concat(written).toString('utf8');
  expect(text.split('\n').filter((line) => line === '---')).toHaveLength(2);
  expect(parse(text.split('---\n')[1] ?? '', { version: '1.1' })).toEqual(objects[0]);
  const back: LiveObject[] = [];
  const pieces = Array.from({ length: Math.ceil(text.length / 7) }, (_, at) => text.slice(at * 7, at * 7 + 7));
  const chunks = async function* () {
    for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
  };
  for await (const each of readObjects(chunks())) back.push(each);
  expect(back).toEqual(objects);
});

test('a scratch namespace makes only what acts nowhere else; a pod of it is scheduled by nobody', () => {
  const made = (kind: string, apiVersion = 'v1', spec?: Record<string, unknown>) =>
    isInert(object(kind, { apiVersion, ...(spec && { spec }) }));
  expect([made('Secret'), made('Service'), made('Deployment', 'apps/v1')]).toEqual([true, true, true]);
  expect(made('Service', 'v1', { type: 'LoadBalancer' })).toBe(false);
  expect(made('Service', 'v1', { externalIPs: ['192.0.2.1'] })).toBe(false);
  expect(made('HTTPRoute', 'gateway.networking.k8s.io/v1')).toBe(false);
  expect(made('Ingress', 'networking.k8s.io/v1')).toBe(false);
  expect(made('StatefulSet', 'apps/v1')).toBe(false);
  expect(made('Secret', 'vault.example.com/v1')).toBe(false);

  const pod = toScratch(object('Pod', { spec: { schedulerName: 'default-scheduler' } }), 'drill-1');
  expect(pod).toMatchObject({ metadata: { namespace: 'drill-1' }, spec: { schedulerName: 'nobody' } });
});

test('a difference is named by its place, and says nothing of a Secret', () => {
  const secret = (value: string) => object('Secret', { data: { password: value } });
  expect(compareObject(secret('same'), { ...secret('same'), status: {} })).toBeUndefined();
  expect(compareObject(secret('hidden'), secret('other'))).toBe('Secret one: .data.password is not as in the backup');
});
