import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ManagedObject } from '../../../systems/kubernetes/objects.js';
import { overlay, ownedFields } from '../../../systems/kubernetes/owned-fields.js';

/** What a release has applied before: the image, one variable and one volume's ConfigMap. As the API server writes it down. */
const applied = {
  'f:spec': {
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:env': {
              'k:{"name":"GREETING"}': {
                '.': {},
                'f:name': {},
                'f:valueFrom': { 'f:configMapKeyRef': {} },
              },
            },
          },
        },
        'f:volumes': {
          'k:{"name":"files"}': { '.': {}, 'f:configMap': { 'f:name': {} }, 'f:name': {} },
        },
      },
    },
  },
};

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    labels: { app: 'web' },
    managedFields: [
      { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      { manager: 'temporal-runbooks', operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      { manager: 'temporal-runbooks', operation: 'Apply', fieldsV1: applied },
    ],
  },
  spec: {
    replicas: 3,
    template: {
      spec: {
        containers: [
          { name: 'sidecar', image: 'sidecar:1' },
          {
            name: 'web',
            image: 'web:1.5.0',
            ports: [{ containerPort: 8080 }],
            env: [
              { name: 'MODE', value: 'fast' },
              { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'web-config-1', key: 'GREETING' } } },
            ],
          },
        ],
        volumes: [
          { name: 'scratch', emptyDir: {} },
          { name: 'files', configMap: { name: 'web-files-1', defaultMode: 420 } },
        ],
      },
    },
  },
} as ManagedObject;

const owned = {
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'web',
            image: 'web:1.5.0',
            env: [{ name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'web-config-1', key: 'GREETING' } } }],
          },
        ],
        volumes: [{ name: 'files', configMap: { name: 'web-files-1' } }],
      },
    },
  },
};

test('what we applied is ours, with its values of now; what others set is not', () => {
  expect(ownedFields(deployment)).toEqual(owned);
});

test('an object that we never applied has nothing of ours', () => {
  expect(ownedFields({ ...deployment, metadata: { name: 'web', namespace: 'shop' } })).toEqual({});
});

test('what was ours and is gone is not brought back', () => {
  const without = structuredClone(deployment) as unknown as typeof owned & ManagedObject;
  without.spec.template.spec.containers = [{ name: 'web', image: 'web:1.5.0', env: [] }];
  without.spec.template.spec.volumes = [];

  expect(ownedFields(without)).toEqual({
    spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1.5.0', env: [] }], volumes: [] } } },
  });
});

test('list items with several keys are told apart by all of them', () => {
  const ports = [
    { port: 53, protocol: 'UDP', targetPort: 5353 },
    { port: 53, protocol: 'TCP', targetPort: 5454 },
  ];
  const fieldsV1 = { 'f:spec': { 'f:ports': { 'k:{"port":53,"protocol":"TCP"}': { '.': {}, 'f:targetPort': {} } } } };
  const service = {
    metadata: {
      name: 'dns',
      namespace: 'x',
      managedFields: [{ manager: 'temporal-runbooks', operation: 'Apply', fieldsV1 }],
    },
    spec: { ports },
  };

  expect(ownedFields(service)).toEqual({ spec: { ports: [{ port: 53, protocol: 'TCP', targetPort: 5454 }] } });
});

test('a new image over what is ours keeps the rest of what is ours', () => {
  const next = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1.6.0' }] } } } };

  const [container] = (overlay(ownedFields(deployment), next) as typeof owned).spec.template.spec.containers;

  expect(container).toEqual({ ...owned.spec.template.spec.containers[0], image: 'web:1.6.0' });
  expect((overlay(ownedFields(deployment), next) as typeof owned).spec.template.spec.volumes).toEqual(
    owned.spec.template.spec.volumes,
  );
});

test.each([
  ['a value replaces a value', { a: 1, b: 2 }, { a: 3 }, { a: 3, b: 2 }],
  [
    'named items meet by name, new ones come last',
    [{ name: 'a', x: 1 }],
    [{ name: 'b' }, { name: 'a', y: 2 }],
    [{ name: 'a', x: 1, y: 2 }, { name: 'b' }],
  ],
  ['lists without names are replaced', ['a', 'b'], ['c'], ['c']],
  ['a list replaces a value, and a value a list', { a: [1], b: 1 }, { a: 1, b: [1] }, { a: 1, b: [1] }],
  ['an empty list replaces what was there', { a: [{ name: 'x' }] }, { a: [] }, { a: [] }],
  ['null is a value', { a: { b: 1 } }, { a: null }, { a: null }],
])('%s', (_, under, over, expected) => {
  expect(overlay(under, over)).toEqual(expected);
});

test('laying a thing over itself, or over nothing, changes nothing', () => {
  const objects = fc
    .dictionary(fc.string(), fc.jsonValue())
    .filter((value) => !JSON.stringify(value).includes('__proto__'));

  fc.assert(
    fc.property(objects, (value) => {
      expect(overlay(value, value)).toEqual(value);
      expect(overlay({}, value)).toEqual(value);
      expect(overlay(value, {})).toEqual(value);
    }),
  );
});
