import { resources, type KubernetesApi } from './api.js';
import { readDeployment, type Target } from './release.js';

const annotation = 'runbooks.temporal.io/point-of-no-return';

/** A release whose migration left earlier versions without a schema that they can run on. */
export interface PointOfNoReturn {
  image: string;
  /** ISO 8601. Releases whose pods were made before it are not gone back to. */
  at: string;
  /** What to do instead. */
  advice: string;
}

/** The mark that a Deployment carries; undefined where it has none, or one that nobody can read. */
export async function readPointOfNoReturn(api: KubernetesApi, target: Target): Promise<PointOfNoReturn | undefined> {
  const text = (await readDeployment(api, target)).metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  try {
    const { image, at, advice } = JSON.parse(text) as Partial<PointOfNoReturn>;
    return image !== undefined && at !== undefined
      ? { image, at, advice: advice ?? 'release a fix instead' }
      : undefined;
  } catch {
    // Written by hand: what stands there is the advice, and no release is older than that.
    return { image: '?', at: new Date().toISOString(), advice: text };
  }
}

/** Sets the mark on a Deployment, or takes it off. */
export async function setPointOfNoReturn(
  api: KubernetesApi,
  { namespace, deployment }: Target,
  mark: PointOfNoReturn | null,
): Promise<void> {
  const value = mark && JSON.stringify(mark);
  await api.merge(resources.deployments, namespace, deployment, { metadata: { annotations: { [annotation]: value } } });
}
