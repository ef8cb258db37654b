import { resources, type KubernetesApi } from '../../systems/kubernetes/api.js';
import type { Deployment, HttpRoute, Pod } from '../../systems/kubernetes/objects.js';
import { weightOf } from '../../systems/kubernetes/routers/http-route.js';

/** What a person would see at one moment: the canary's weight, who can answer, and which images have pods. */
export interface Moment {
  weight: number;
  available: { web: number; canary: number };
  images: string[];
}

/** Looks at the shop once. */
export async function observe(api: KubernetesApi, namespace: string): Promise<Moment> {
  const [route, deployments, pods] = await Promise.all([
    api.read<HttpRoute>(resources.httpRoutes, namespace, 'web'),
    api.list<Deployment>(resources.deployments, namespace),
    api.list<Pod>(resources.pods, namespace),
  ]);
  const available = (name: string) =>
    deployments.find(({ metadata }) => metadata.name === name)?.status?.availableReplicas ?? 0;
  const images = pods.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  return {
    weight: weightOf(route, 'web'),
    available: { web: available('web'), canary: available('web-canary') },
    images: [...new Set(images)].sort(),
  };
}

/** Looks at the shop all the while something is done. */
export async function observing<T>(
  { api, namespace }: { api: KubernetesApi; namespace: string },
  act: () => Promise<T>,
): Promise<{ result: T; moments: Moment[] }> {
  const moments: Moment[] = [];
  const state = { ended: false };
  const looking = (async () => {
    while (!state.ended) {
      moments.push(await observe(api, namespace));
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  try {
    const result = await act();
    return { result, moments };
  } finally {
    state.ended = true;
    await looking;
  }
}
