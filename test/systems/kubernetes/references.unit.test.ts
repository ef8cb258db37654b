import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PodSpec } from '../../../systems/kubernetes/objects.js';
import { referencesOf, referringParts, repoint, type Repoint } from '../../../systems/kubernetes/references.js';

/** A pod that refers to ConfigMaps and Secrets in every way there is, and holds fields that are not ours to know. */
const pod = {
  serviceAccountName: 'web',
  initContainers: [
    { name: 'wait', image: 'wait:1', envFrom: [{ configMapRef: { name: 'init-config' } }] },
    { name: 'idle', image: 'idle:1' },
  ],
  containers: [
    {
      name: 'web',
      image: 'web:1',
      ports: [{ containerPort: 8080 }],
      envFrom: [{ configMapRef: { name: 'web-config', optional: true } }, { prefix: 'DB_', secretRef: { name: 'db' } }],
      env: [
        { name: 'MODE', value: 'fast' },
        { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'web-config', key: 'GREETING' } } },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'value' } } },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ],
      volumeMounts: [{ name: 'files', mountPath: '/etc/web' }],
    },
    { name: 'sidecar', image: 'sidecar:1' },
  ],
  volumes: [
    { name: 'files', configMap: { name: 'web-files', items: [{ key: 'a', path: 'a' }], defaultMode: 420 } },
    { name: 'certificate', secret: { secretName: 'tls', defaultMode: 256 } },
    {
      name: 'all',
      projected: {
        defaultMode: 420,
        sources: [
          { configMap: { name: 'web-config' } },
          { secret: { name: 'token' } },
          { serviceAccountToken: { path: 'token' } },
        ],
      },
    },
    { name: 'scratch', emptyDir: {} },
  ],
} as unknown as PodSpec;

const all: Repoint[] = [
  ...['init-config', 'web-config', 'web-files'].map((from) => ({ kind: 'ConfigMap' as const, from, to: `${from}-2` })),
  ...['db', 'token', 'tls'].map((from) => ({ kind: 'Secret' as const, from, to: `${from}-2` })),
];
const back = (repoints: Repoint[]) => repoints.map(({ kind, from, to }) => ({ kind, from: to, to: from }));

test('every way to refer to a ConfigMap or Secret is found, each once', () => {
  expect(
    referencesOf(pod)
      .map(({ kind, name }) => `${kind}/${name}`)
      .sort(),
  ).toEqual([
    'ConfigMap/init-config',
    'ConfigMap/web-config',
    'ConfigMap/web-files',
    'Secret/db',
    'Secret/tls',
    'Secret/token',
  ]);
});

test('a pod that refers to nothing has no references', () => {
  expect(referencesOf({ containers: [{ name: 'web', image: 'web:1' }] })).toEqual([]);
});

test('repointing changes all references and nothing else', () => {
  const expected = JSON.stringify(pod).replaceAll(
    /"(name|secretName)":"(init-config|web-config|web-files|db|token|tls)"/g,
    '"$1":"$2-2"',
  );

  // Key order aside: an apply does not know it.
  expect(repoint(pod, all)).toEqual(JSON.parse(expected));
});

test('a ConfigMap and a Secret of the same name are two things', () => {
  const spec: PodSpec = {
    containers: [
      { name: 'web', image: 'web:1', envFrom: [{ configMapRef: { name: 'web' } }, { secretRef: { name: 'web' } }] },
    ],
  };

  const [first] = repoint(spec, [{ kind: 'Secret', from: 'web', to: 'web-2' }]).containers;

  expect(first?.envFrom).toEqual([{ configMapRef: { name: 'web' } }, { secretRef: { name: 'web-2' } }]);
});

test('a variable, volume or container of a reference’s name is not renamed', () => {
  const spec = {
    containers: [{ name: 'web-config', image: 'x:1', env: [{ name: 'web-config', value: 'web-config' }] }],
    volumes: [{ name: 'web-config', emptyDir: {} }],
  } as unknown as PodSpec;

  expect(repoint(spec, all)).toEqual(spec);
});

test('there and back again gives the pod as it was, whatever is repointed', () => {
  fc.assert(
    fc.property(fc.subarray(all), (repoints) => {
      expect(repoint(repoint(pod, repoints), back(repoints))).toEqual(pod);
    }),
  );
});

test('two that change places both do', () => {
  const swap: Repoint[] = [
    { kind: 'Secret', from: 'db', to: 'token' },
    { kind: 'Secret', from: 'token', to: 'db' },
  ];

  const swapped = repoint(pod, swap);

  expect(swapped.containers[0]?.envFrom?.[1]?.secretRef?.name).toBe('token');
  expect(repoint(swapped, back(swap))).toEqual(pod);
});

test('the parts that an apply must name are just those that refer to what changes', () => {
  expect(referringParts(pod, [{ kind: 'Secret', from: 'token', to: 'token-2' }])).toEqual({
    containers: [{ name: 'web', env: [pod.containers[0]?.env?.[2]] }],
    volumes: [pod.volumes?.[2]],
  });
  expect(referringParts(pod, [{ kind: 'ConfigMap', from: 'init-config', to: 'x' }])).toEqual({
    containers: [],
    initContainers: [{ name: 'wait', envFrom: [{ configMapRef: { name: 'init-config' } }] }],
  });
  expect(referringParts(pod, [])).toEqual({ containers: [] });
});

test('the parts are enough: laid over the pod they give the repointed pod', () => {
  const layOver = <T extends { name: string }>(list: T[] | undefined, parts: T[] | undefined): T[] =>
    (list ?? []).map((item) => {
      const part = parts?.find(({ name }) => name === item.name);
      if (!part) return item;
      const { env, ...rest } = part as T & { env?: Array<{ name: string }> };
      return { ...item, ...rest, ...(env && { env: layOver((item as { env?: Array<{ name: string }> }).env, env) }) };
    });

  fc.assert(
    fc.property(fc.subarray(all), (repoints) => {
      const parts = repoint(referringParts(pod, repoints), repoints);

      expect({
        ...pod,
        containers: layOver(pod.containers, parts.containers),
        initContainers: layOver(pod.initContainers, parts.initContainers),
        volumes: layOver(pod.volumes, parts.volumes),
      }).toEqual(repoint(pod, repoints));
    }),
  );
});
