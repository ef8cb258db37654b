import { KubernetesObjectApi, type KubernetesObject } from '@kubernetes/client-node';
import { storefrontManifests } from '../../stack/storefront/index.js';
import { resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import { connectKubernetes } from '../../systems/kubernetes/connect.js';
import type {
  ConfigMap,
  Deployment,
  HttpRoute,
  ManagedObject,
  Pod,
  ReplicaSet,
} from '../../systems/kubernetes/objects.js';
import { eventually } from './settings.js';

/** A shop of its own for one test file: the storefront in a namespace, with its route. */
export interface World {
  api: KubernetesApi;
  namespace: string;
  /** What a person would compare: images, references, numbers of pods, weights. No times, no versions of objects. */
  snapshot(): Promise<unknown>;
  /** How often the Deployment's pods were changed. */
  generations(): Promise<{ generation: number; replicaSets: number }>;
  apply(object: KubernetesObject): Promise<void>;
  tearDown(): Promise<void>;
}

async function createAll(objects: KubernetesApi, namespace: string): Promise<void> {
  const client = KubernetesObjectApi.makeApiClient(objects.kubeConfig);
  const image = 'registry.local/storefront:1.4.0';
  for (const manifest of storefrontManifests({ namespace, image, replicas: 2, gatewayName: 'gateway' }))
    await client.create(manifest);
}

function readyPods(pods: Pod[]): string[] {
  return pods
    .filter(
      ({ status, metadata }) => !metadata.deletionTimestamp && status?.containerStatuses?.every(({ ready }) => ready),
    )
    .map(({ spec }) => spec.containers.map(({ image }) => image).join(','))
    .sort();
}

/** Deploys the storefront 1.4.0 into a new namespace and waits until it is ready. */
export async function createWorld(name: string): Promise<World> {
  const api = connectKubernetes();
  const namespace = `${name}-${process.pid}-${Date.now() % 100_000}`;
  await createAll(api, namespace);
  const list = <T extends ManagedObject>(resource: (typeof resources)[keyof typeof resources]) =>
    api.list<T>(resource, namespace);
  await eventually('two ready pods', 60, async () => readyPods(await list<Pod>(resources.pods)).length === 2);
  return {
    api,
    namespace,
    async snapshot() {
      const deployments = await list<Deployment>(resources.deployments);
      const configMaps = await list<ConfigMap>(resources.configMaps);
      const routes = await list<HttpRoute>(resources.httpRoutes);
      const services = await list(resources.services);
      const pods = (await list<Pod>(resources.pods)).filter(
        ({ metadata }) => !metadata.ownerReferences?.some(({ kind }) => kind === 'Job'),
      );
      return {
        deployments: deployments.map(({ metadata, spec }) => ({ name: metadata.name, spec })),
        configMaps: configMaps
          .map(({ metadata, data }) => ({ name: metadata.name, data }))
          .filter((map) => map.name !== 'kube-root-ca.crt'),
        routes: routes.map(({ spec }) => spec),
        services: services.map(({ metadata }) => metadata.name),
        pods: readyPods(pods),
      };
    },
    async generations() {
      const { metadata } = await api.read<Deployment>(resources.deployments, namespace, 'web');
      return {
        generation: metadata.generation ?? 0,
        replicaSets: (await list<ReplicaSet>(resources.replicaSets)).length,
      };
    },
    async apply(object) {
      await KubernetesObjectApi.makeApiClient(api.kubeConfig).create(object);
    },
    async tearDown() {
      await KubernetesObjectApi.makeApiClient(api.kubeConfig).delete({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
    },
  };
}
