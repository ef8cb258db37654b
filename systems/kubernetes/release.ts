import { RunbookError } from '../../core/errors.js';
import { resources, type KubernetesApi, type WriteOptions } from './api.js';
import type { ConfigMap, Container, Deployment } from './objects.js';
import { overlay, ownedFields } from './owned-fields.js';
import { referringParts, repoint, type Repoint } from './references.js';

/** The Deployment, and the container in it, that a runbook releases. */
export interface Target {
  namespace: string;
  deployment: string;
  container?: string | undefined;
}

/** What a release changes of a Deployment. */
export interface Release {
  image: string;
  repoints: Repoint[];
}

export function showTarget({ namespace, deployment }: Target): string {
  return `${namespace}/${deployment}`;
}

/**
 * The Deployment of a target.
 * @throws RunbookError NotFound, naming those that there are.
 */
export async function readDeployment(api: KubernetesApi, target: Target): Promise<Deployment> {
  const found = await api.find<Deployment>(resources.deployments, target.namespace, target.deployment);
  if (found) return found;
  const others = await api.list<Deployment>(resources.deployments, target.namespace);
  const names = others.map(({ metadata }) => metadata.name).join(', ');
  throw new RunbookError(
    'NotFound',
    `deployment ${showTarget(target)}: expected an existing one, found ${names ? `only ${names}` : 'none in the namespace'}; ` +
      'check target.namespace and target.deployment in the runbook',
  );
}

/**
 * The container that is released: the one named, or the only one.
 * @throws RunbookError NotFound.
 */
export function releasedContainer(deployment: Deployment, target: Target): Container {
  const { containers } = deployment.spec.template.spec;
  const found =
    target.container === undefined && containers.length === 1
      ? containers[0]
      : containers.find(({ name }) => name === target.container);
  if (found) return found;
  const names = containers.map(({ name }) => name).join(', ');
  throw new RunbookError(
    'NotFound',
    `container of ${showTarget(target)}: expected ${target.container ?? 'one, or target.container'}, found ${names}`,
  );
}

/**
 * Sets image and references by server-side apply, in one change, so that the Deployment rolls out once. Applying what is
 * there already changes nothing. Answers the Deployment as the server keeps it.
 */
export async function applyRelease(
  api: KubernetesApi,
  target: Target,
  release: Release,
  options?: WriteOptions,
): Promise<Deployment> {
  const live = await readDeployment(api, target);
  const { name } = releasedContainer(live, target);
  const parts = repoint(referringParts(live.spec.template.spec, release.repoints), release.repoints);
  const spec = overlay(parts.containers.length > 0 ? parts : { ...parts, containers: [{ name }] }, {
    containers: [{ name, image: release.image }],
  });
  const { namespace, deployment } = target;
  // Labels that we own are among what must stay: by them a canary is known to be ours.
  const wanted = overlay(ownedFields(live), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: deployment },
    spec: { template: { spec } },
  }) as Deployment;
  return api.apply<Deployment>(resources.deployments, wanted, options);
}

/** Makes a ConfigMap with this data; it is immutable, so a second one of the same name has the same data. */
export async function createConfigMap(
  api: KubernetesApi,
  namespace: string,
  name: string,
  data: Record<string, string>,
): Promise<void> {
  await api.apply<ConfigMap>(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    immutable: true,
    metadata: { namespace, name, labels: { 'app.kubernetes.io/managed-by': 'temporal-runbooks' } },
    data,
  } as ConfigMap);
}
