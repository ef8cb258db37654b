import { expect, test } from '@jest/globals';
import { resources, type KubernetesApi, type Resource } from '../../../systems/kubernetes/api.js';
import { findOtherUsers } from '../../../systems/kubernetes/secret-users.js';

const orders = { namespace: 'shop', deployment: 'orders' };
const secret = { namespace: 'shop', secret: 'shop-db' };

const podOf = (name: string, app: string, change: object = {}) => ({
  metadata: { namespace: 'shop', name, labels: { app } },
  spec: { containers: [{ name: app, image: app, envFrom: [{ secretRef: { name: 'shop-db' } }] }] },
  ...change,
});

/** A cluster in which each list is another moment. */
function clusterOf(...moments: object[][]): KubernetesApi {
  const find = (resource: Resource) => {
    expect(resource).toBe(resources.deployments);
    return Promise.resolve({ metadata: orders, spec: { selector: { matchLabels: { app: 'orders' } } } });
  };
  return { find, list: () => Promise.resolve(moments.shift() ?? []) } as unknown as KubernetesApi;
}

test('a pod of a declared consumer that is just going is no stranger', async () => {
  const going = podOf('orders-old', 'orders');
  const api = clusterOf([going, podOf('orders-new', 'orders')], [podOf('orders-new', 'orders')]);

  expect(await findOtherUsers(api, secret, [orders])).toEqual([]);
});

test('who is not declared is named, unless it has ended', async () => {
  const ended = podOf('job-1', 'job', { status: { phase: 'Succeeded' } });
  const other = podOf('cart', 'cart', { spec: { containers: [{ name: 'cart', image: 'cart' }] } });
  const api = clusterOf([podOf('orders-1', 'orders'), podOf('reports-1', 'reports'), ended, other]);

  expect(await findOtherUsers(api, secret, [orders])).toEqual(['reports-1']);
});

test('a consumer of another namespace declares nobody here', async () => {
  const api = clusterOf([podOf('orders-1', 'orders')]);

  expect(await findOtherUsers(api, secret, [{ ...orders, namespace: 'warehouse' }])).toEqual(['orders-1']);
});
