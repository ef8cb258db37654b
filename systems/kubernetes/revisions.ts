import { resources, type KubernetesApi } from './api.js';
import { isOwnedBy, type Deployment, type PodTemplate, type ReplicaSet } from './objects.js';
import { readDeployment, releasedContainer, type Release, type Target } from './release.js';
import { referencesOf, type Repoint } from './references.js';

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** One version of a Deployment's pods that the cluster still remembers. */
export interface Revision {
  number: number;
  image: string;
  template: PodTemplate;
  createdAt: string;
}

function revisionOf({ metadata }: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}

/** The earlier versions of a Deployment, the newest first: its ReplicaSets (spec.revisionHistoryLimit of them, 10 by default). */
export async function earlierRevisions(
  api: KubernetesApi,
  target: Target,
): Promise<{ deployment: Deployment; revisions: Revision[] }> {
  const deployment = await readDeployment(api, target);
  const labels = deployment.spec.selector.matchLabels ?? {};
  const sets = await api.list<ReplicaSet & { spec: { template: PodTemplate } }>(
    resources.replicaSets,
    target.namespace,
    labels,
  );
  const current = revisionOf(deployment);
  const { name } = releasedContainer(deployment, target);
  const revisions = sets
    .filter((set) => isOwnedBy(set, deployment) && revisionOf(set) !== current)
    .map((set) => ({
      number: revisionOf(set),
      image: set.spec.template.spec.containers.find((each) => each.name === name)?.image ?? '?',
      template: set.spec.template,
      createdAt: set.metadata.creationTimestamp ?? '',
    }))
    .sort((a, b) => b.number - a.number);
  return { deployment, revisions };
}

/** A ConfigMap's or Secret's name without the version that a release gave it. */
function baseOf(name: string): string {
  return name.replace(/-[0-9a-f]{10}$/, '');
}

/** What a release to an earlier revision changes: its image, and the versions of the ConfigMaps and Secrets it ran with. */
export function releaseOf(deployment: Deployment, { image, template }: Revision): Release {
  const earlier = referencesOf(template.spec);
  const repoints: Repoint[] = referencesOf(deployment.spec.template.spec).flatMap(({ kind, name }) => {
    const was = earlier.find((each) => each.kind === kind && baseOf(each.name) === baseOf(name));
    return was && was.name !== name ? [{ kind, from: name, to: was.name }] : [];
  });
  return { image, repoints };
}
