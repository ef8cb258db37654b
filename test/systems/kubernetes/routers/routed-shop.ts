import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, RunbookError } from '../../../../core/errors.js';
import { startFaultyProxy, type FaultyProxy } from '../../../../stack/faults/faulty-proxy.js';
import { KubernetesApi } from '../../../../systems/kubernetes/api.js';
import { applyCanary, canaryRemains, canaryTarget, removeCanary } from '../../../../systems/kubernetes/canary.js';
import type { Target } from '../../../../systems/kubernetes/release.js';
import { readRollout } from '../../../../systems/kubernetes/rollout.js';
import { createRouter, type Router, type RouterChoice } from '../../../../systems/kubernetes/routers/router.js';
import { eventually, setting } from '../../../support/settings.js';
import { createWorld, type World } from '../../../support/world.js';

/** A shop with everything that a router can be told to use, reached through a proxy that fails on demand. */
export interface RoutedShop {
  world: World;
  target: Target & { replicas: number };
  proxy: FaultyProxy;
  /** Goes through the proxy. */
  api: KubernetesApi;
  router(traffic: RouterChoice): Router;
  tearDown(): Promise<void>;
}

const service = { name: 'web', port: { number: 80 } };

async function applyRoutes(world: World): Promise<void> {
  const { namespace } = world;
  const metadata = { namespace, name: 'web' };
  const paths = [{ path: '/', pathType: 'Prefix', backend: { service } }];
  const ingress = { ingressClassName: 'nginx', rules: [{ host: 'shop.local', http: { paths } }] };
  const http = [
    { name: 'beta', match: [{ headers: { 'x-beta': { exact: '1' } } }], route: [{ destination: { host: 'beta' } }] },
    { name: 'all', route: [{ destination: { host: 'web', port: { number: 80 } } }] },
  ];
  await world.apply({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: ingress } as object);
  const spec = { hosts: ['shop.local'], gateways: ['edge'], http };
  await world.apply({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec } as object);
}

/** Opens the shop: the storefront 1.4.0, an HTTPRoute, an Ingress and a VirtualService to it. */
export async function openRoutedShop(name: string): Promise<RoutedShop> {
  const world = await createWorld(name);
  const proxy = await startFaultyProxy(setting('KUBECONFIG'));
  const api = new KubernetesApi(proxy.kubeConfig);
  await applyRoutes(world);
  const target = { namespace: world.namespace, deployment: 'web', replicas: 2 };
  return {
    world,
    target,
    proxy,
    api,
    router: (traffic) => createRouter(api, target, traffic),
    async tearDown() {
      proxy.stop();
      await world.tearDown();
    },
  };
}

/** Brings up the storefront 1.5.0 as a canary, and waits until its pods are ready; with a Service of its own or behind the stable one. */
export async function bringUp({ world, target }: RoutedShop, replicas: number, own?: string): Promise<void> {
  const release = { image: 'registry.local/storefront:1.5.0', repoints: [] };
  await applyCanary(world.api, target, release, { replicas, run: 'test', service: own });
  await eventually('a ready canary', 60, async () => {
    return (await readRollout(world.api, canaryTarget(target))).state === 'done';
  });
}

/** Removes the canary, if there is one, and the Service of its own. */
export async function takeDown({ world, target }: RoutedShop): Promise<void> {
  await removeCanary(world.api, target, 'web');
  await eventually('no canary', 60, async () => !(await canaryRemains(world.api, target)));
}

/** Repeats an activity's work as Temporal does, sooner: until it succeeds, unless its failure is final. */
export async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RunbookError) || !errorTable[error.code].retry || attempt === 20) throw error;
      await sleep(10);
    }
  }
}
