import { expect, test } from '@jest/globals';
import type { V1ConfigMap, V1Container, V1Pod, V1Secret } from '@kubernetes/client-node';
import { type ReadMap, resolveEnvironment } from '../../../stack/simulated/pods/environment.js';

const pod: V1Pod = {
  metadata: { name: 'web-1', namespace: 'shop', uid: 'u', labels: { app: 'web' } },
  spec: { nodeName: 'node', containers: [] },
};

const maps: Record<string, V1ConfigMap | V1Secret> = {
  'configmaps/web-config': { data: { GREETING: 'hello', COLOUR: 'blue' } },
  'secrets/web-secret': { data: { PASSWORD: Buffer.from('hidden').toString('base64') } },
};

const read: ReadMap = (kind, name) => Promise.resolve(maps[`${kind}/${name}`]);

function resolve(container: Omit<V1Container, 'name'>): Promise<Record<string, string>> {
  return resolveEnvironment(pod, { name: 'web', ...container }, '198.18.0.7', read);
}

test('a variable of its own wins over one that comes with a map, and may refer to earlier ones', async () => {
  const found = await resolve({
    envFrom: [{ configMapRef: { name: 'web-config' } }, { prefix: 'DB_', secretRef: { name: 'web-secret' } }],
    env: [
      { name: 'COLOUR', value: 'red' },
      { name: 'TEXT', value: '$(GREETING), $(COLOUR), $(NOBODY), $$(COLOUR)' },
    ],
  });

  expect(found).toEqual({
    GREETING: 'hello',
    COLOUR: 'red',
    DB_PASSWORD: 'hidden',
    TEXT: 'hello, red, $(NOBODY), $(COLOUR)',
  });
});

test('single keys and fields of the pod are read', async () => {
  const found = await resolve({
    env: [
      { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'web-config', key: 'GREETING' } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'web-secret', key: 'PASSWORD' } } },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'MAYBE', valueFrom: { secretKeyRef: { name: 'web-secret', key: 'absent', optional: true } } },
    ],
  });

  expect(found).toEqual({ GREETING: 'hello', PASSWORD: 'hidden', POD: 'web-1', ADDRESS: '198.18.0.7', APP: 'web' });
});

test.each([
  ['a map that is not there', { envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
  [
    'a key that is not there',
    { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'web-secret', key: 'none' } } }] },
    "couldn't find key none in Secret web-secret",
  ],
  [
    'a field that only a kubelet knows',
    { env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'status.none' } } }] },
    'field status.none',
  ],
])('%s keeps the container from starting, in the words of a kubelet', async (_, container, message) => {
  await expect(resolve(container)).rejects.toThrow(message);
});
