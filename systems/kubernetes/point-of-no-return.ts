import { resources, type KubernetesApi } from './api.js';
import { readDeployment, type Target } from './release.js';

const annotation = 'runbooks.temporal.io/point-of-no-return';

/** A release whose migration left earlier versions without a schema that they can run on. */
export interface PointOfNoReturn {
  image: string;
  /** ISO 8601. Releases whose pods were made before it are not gone back to, but for those of `image`. */
  at: string;
  /** What to do instead. */
  advice: string;
  /** The run that migrated; none where a person wrote the mark. */
  run?: string;
}

interface Mark extends PointOfNoReturn {
  /** What this mark took the place of. It holds again when this one is taken off. */
  earlier?: PointOfNoReturn;
}

async function readMark(api: KubernetesApi, target: Target): Promise<Mark | undefined> {
  const text = (await readDeployment(api, target)).metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  try {
    const { image, at, advice = 'release a fix instead', ...rest } = JSON.parse(text) as Partial<Mark>;
    return image !== undefined && at !== undefined ? { image, at, advice, ...rest } : undefined;
  } catch {
    // Written by hand: what stands there is the advice, and no release is newer than that.
    return { image: '?', at: new Date().toISOString(), advice: text };
  }
}

async function writeMark(api: KubernetesApi, { namespace, deployment }: Target, mark: Mark | undefined): Promise<void> {
  const value = mark ? JSON.stringify(mark) : null;
  await api.merge(resources.deployments, namespace, deployment, { metadata: { annotations: { [annotation]: value } } });
}

/** The mark that a Deployment carries; undefined where it has none, or one that nobody can read. */
export async function readPointOfNoReturn(api: KubernetesApi, target: Target): Promise<PointOfNoReturn | undefined> {
  return readMark(api, target);
}

/** Sets the mark of a run on a Deployment. A second time changes nothing. */
export async function setPointOfNoReturn(
  api: KubernetesApi,
  target: Target,
  mark: PointOfNoReturn & { run: string },
): Promise<void> {
  const present = await readMark(api, target);
  if (present?.run === mark.run) return;
  const { earlier: _, ...earlier } = present ?? {};
  await writeMark(api, target, { ...mark, ...(present && { earlier: earlier as PointOfNoReturn }) });
}

/** Takes the mark of a run off a Deployment; the one from before it holds again. Another run's mark stays. */
export async function clearPointOfNoReturn(api: KubernetesApi, target: Target, run: string): Promise<void> {
  const present = await readMark(api, target);
  if (present?.run === run) await writeMark(api, target, present.earlier);
}
