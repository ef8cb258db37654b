import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRoute } from '../../stack/gateway/http-route.js';
import { controllerName } from '../../stack/gateway/route-status.js';
import { storefrontManifests } from '../../stack/storefront/manifests.js';

const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const waitSeconds = 60;

/** The sample service in a namespace of its own, with what the tests do to it. */
export class ShopCluster {
  private readonly objects: KubernetesObjectApi;
  private readonly apps: AppsV1Api;
  private readonly core: CoreV1Api;
  private readonly custom: CustomObjectsApi;

  constructor(
    kubeconfig: string,
    readonly namespace: string,
  ) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.objects = KubernetesObjectApi.makeApiClient(config);
    this.apps = config.makeApiClient(AppsV1Api);
    this.core = config.makeApiClient(CoreV1Api);
    this.custom = config.makeApiClient(CustomObjectsApi);
  }

  /** Creates `web` with version 1.4.0, and beside it `web-canary` with 1.5.0, which has no weight yet. */
  async create(): Promise<void> {
    const image = 'registry.local/storefront:1.4.0';
    const manifests = storefrontManifests({ namespace: this.namespace, image, replicas: 2, gatewayName: 'edge' });
    for (const manifest of [...manifests, ...manifests.flatMap(toCanary)]) await this.objects.create(manifest);
    await this.waitForRollout('web');
    await this.waitForRollout('web-canary');
    await this.waitUntilInForce();
  }

  async remove(): Promise<void> {
    await this.core.deleteNamespace({ name: this.namespace });
  }

  /** Sets both weights and returns the moment at which the gateway says that they are in force. */
  async shiftTo(web: number, canary: number): Promise<number> {
    const backendRefs = [
      { name: 'web', port: 80, weight: web },
      { name: 'web-canary', port: 80, weight: canary },
    ];
    await this.custom.patchNamespacedCustomObject(
      { ...this.route, body: { spec: { rules: [{ backendRefs }] } } },
      merge,
    );
    return this.waitUntilInForce();
  }

  async waitUntilInForce(): Promise<number> {
    await waitUntil(`route ${this.namespace}/web is programmed`, async () => {
      const route = (await this.custom.getNamespacedCustomObject(this.route)) as HttpRoute;
      const parent = route.status?.parents?.find((candidate) => candidate.controllerName === controllerName);
      const programmed = parent?.conditions?.find(({ type }) => type === 'Programmed');
      return programmed?.status === 'True' && programmed.observedGeneration === route.metadata?.generation;
    });
    return Date.now();
  }

  async setImage(deployment: string, image: string): Promise<void> {
    const body = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } };
    const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
    await this.apps.patchNamespacedDeployment({ namespace: this.namespace, name: deployment, body }, strategic);
  }

  async waitForRollout(name: string): Promise<void> {
    await waitUntil(`deployment ${this.namespace}/${name} is rolled out`, async () => {
      const { metadata, spec, status } = await this.apps.readNamespacedDeployment({ namespace: this.namespace, name });
      const seen = status?.observedGeneration === metadata?.generation;
      const counts = [status?.updatedReplicas, status?.availableReplicas, status?.replicas];
      return seen && counts.every((count) => count === spec?.replicas);
    });
  }

  async deleteOnePod(): Promise<void> {
    const { items } = await this.core.listNamespacedPod({ namespace: this.namespace, labelSelector: 'app=web' });
    await this.core.deleteNamespacedPod({ namespace: this.namespace, name: items[0]?.metadata?.name ?? '' });
  }

  private get route() {
    const group = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' };
    return { ...group, namespace: this.namespace, name: 'web' };
  }
}

function toCanary(manifest: KubernetesObject): KubernetesObject[] {
  if (manifest.kind !== 'Deployment' && manifest.kind !== 'Service') return [];
  const text = JSON.stringify(manifest)
    .replaceAll('"app":"web"', '"app":"web-canary"')
    .replace('"name":"web"', '"name":"web-canary"')
    .replace('storefront:1.4.0', 'storefront:1.5.0');
  return [JSON.parse(text) as KubernetesObject];
}

async function waitUntil(what: string, done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitSeconds * 1000;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`waited ${waitSeconds} s until ${what}`);
    await sleep(10);
  }
}
