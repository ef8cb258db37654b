import { RunbookError } from '../../core/errors.js';
import { resources, type KubernetesApi } from './api.js';
import { hasLabels, type Pod } from './objects.js';
import { referencesOf } from './references.js';
import { readDeployment, showTarget, type Target } from './release.js';

/** What the kubelet reports of a pod that has ended, and uses nothing any more. */
const ended = ['Succeeded', 'Failed'];

/** The pods of a Deployment that use its Secrets still, those that are going included. */
export async function listConsumerPods(api: KubernetesApi, target: Target): Promise<Pod[]> {
  const pods = await api.list<Pod>(resources.pods, target.namespace, await selectorOf(api, target));
  return pods.filter(({ status }) => !ended.includes(status?.phase ?? ''));
}

/** Sees that a Deployment refers to a Secret. @throws RunbookError NotFound, Refused. */
export async function demandReference(api: KubernetesApi, target: Target, secret: string): Promise<void> {
  const { spec } = await readDeployment(api, target);
  const names = referencesOf(spec.template.spec).flatMap(({ kind, name }) => (kind === 'Secret' ? [name] : []));
  if (names.includes(secret)) return;
  throw new RunbookError(
    'Refused',
    `deployment ${showTarget(target)}: expected a reference to secret ${secret}, found ${names.join(', ') || 'none'}; check consumers in the runbook`,
  );
}

/** Pods of a namespace that refer to a Secret and are of none of these Deployments. Of one list: in between two, one that goes would become a stranger. */
export async function findOtherUsers(
  api: KubernetesApi,
  { namespace, secret }: { namespace: string; secret: string },
  known: readonly Target[],
): Promise<string[]> {
  const here = known.filter((each) => each.namespace === namespace);
  const selectors = await Promise.all(here.map((target) => selectorOf(api, target)));
  const pods = await api.list<Pod>(resources.pods, namespace);
  return pods
    .filter((pod) => !selectors.some((selector) => hasLabels(pod, selector)))
    .filter(({ status }) => !ended.includes(status?.phase ?? ''))
    .filter(({ spec }) => referencesOf(spec).some(({ kind, name }) => kind === 'Secret' && name === secret))
    .map(({ metadata }) => metadata.name);
}

async function selectorOf(api: KubernetesApi, target: Target): Promise<Record<string, string>> {
  return (await readDeployment(api, target)).spec.selector.matchLabels ?? {};
}

/**
 * Restarts a Deployment's pods, once for each mark, as `kubectl rollout restart` does: by an annotation of the pods.
 * @see https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/
 */
export async function restartOnce(api: KubernetesApi, target: Target, name: string, mark: string): Promise<void> {
  const annotations = { [`runbooks.temporal.io/credential-${name}`]: mark };
  const change = { spec: { template: { metadata: { annotations } } } };
  await api.merge(resources.deployments, target.namespace, target.deployment, change);
}
