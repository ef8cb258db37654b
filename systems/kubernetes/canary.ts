import { RunbookError } from '../../core/errors.js';
import { resources, type KubernetesApi, type Resource, type WriteOptions } from './api.js';
import { hasLabels, type Deployment, type ManagedObject, type Service } from './objects.js';
import { readDeployment, releasedContainer, type Release, type Target } from './release.js';
import { repoint } from './references.js';

/** The labels of what a canary's run makes. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'temporal-runbooks' };
const track = 'runbooks.temporal.io/track';
const runAnnotation = 'runbooks.temporal.io/run';

export function canaryName(name: string): string {
  return `${name}-canary`;
}

export function canaryTarget(target: Target): Target {
  return { ...target, deployment: canaryName(target.deployment) };
}

/** Labels under which the stable Service does not find the pods: each value of the selector gets a suffix. */
function ownLabels(labels: Record<string, string>, selector: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [label, label in selector ? canaryName(value) : value]),
  );
}

export interface CanarySize {
  replicas: number;
  /** Marks the pods: those of another run have other names, so that what they answered is not counted again. */
  run: string;
}

// The canary is calmed while users may still be with it: whatever the Deployment's own strategy, all its pods must not go at once.
const oneAfterAnother = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };

/** A second Deployment like the stable one, with the new image and references. */
export function canaryDeployment(
  stable: Deployment,
  target: Target,
  release: Release,
  { replicas, run }: CanarySize,
  stableService?: Service,
): Deployment {
  const { template, selector, ...spec } = stable.spec;
  const match = selector.matchLabels ?? {};
  const { name: container } = releasedContainer(stable, target);
  const podLabels = template.metadata?.labels ?? {};
  // With a Service of its own the canary must not be found by the stable one, nor by the stable Deployment; without, it must.
  const selecting = stableService ? { ...match, ...stableService.spec.selector } : {};
  const pod = repoint(template.spec, release.repoints);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: target.namespace, name: canaryName(target.deployment), labels: managedBy },
    spec: {
      ...spec,
      replicas,
      paused: false,
      strategy: oneAfterAnother,
      selector: { matchLabels: { ...ownLabels(match, selecting), [track]: 'canary' } },
      template: {
        metadata: {
          ...template.metadata,
          annotations: { ...template.metadata?.annotations, [runAnnotation]: run },
          labels: { ...ownLabels(podLabels, selecting), [track]: 'canary' },
        },
        spec: {
          ...pod,
          containers: pod.containers.map((each) =>
            each.name === container ? { ...each, image: release.image } : each,
          ),
        },
      },
    },
  };
}

/** A Service like the stable one that finds the canary's pods. */
export function canaryService(stable: Service): Service {
  const { selector = {}, ports } = stable.spec;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: stable.metadata.namespace, name: canaryName(stable.metadata.name), labels: managedBy },
    spec: {
      selector: ownLabels(selector, selector),
      ...(ports && { ports: ports.map(withoutNodePort) }),
    },
  };
}

function withoutNodePort(port: { port: number; nodePort?: number }): { port: number } {
  const { nodePort: _, ...rest } = port;
  return rest;
}

/** Whether a run of ours made it. */
export function isOurs(object: ManagedObject): boolean {
  return hasLabels(object, managedBy);
}

/** An object of the canary, if it is there. One of its name that is not ours stays as it is. */
async function findOurs(
  api: KubernetesApi,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<ManagedObject | undefined> {
  const found = await api.find<ManagedObject>(resource, namespace, name);
  return found && isOurs(found) ? found : undefined;
}

async function refuseForeign(api: KubernetesApi, resource: Resource, namespace: string, name: string): Promise<void> {
  const found = await api.find<ManagedObject>(resource, namespace, name);
  if (!found || isOurs(found)) return;
  const which = `${resource.plural.slice(0, -1)} ${namespace}/${name}`;
  throw new RunbookError(
    'Refused',
    `${which}: expected the name to be free for the canary, found one that is not ours`,
  );
}

async function removeOurs(api: KubernetesApi, resource: Resource, namespace: string, name: string): Promise<void> {
  if (await findOurs(api, resource, namespace, name)) await api.remove(resource, namespace, name, 'Foreground');
}

/** Creates the canary's Deployment (and Service), or brings the ones of an earlier attempt to the wanted state. */
export async function applyCanary(
  api: KubernetesApi,
  target: Target,
  release: Release,
  options: CanarySize & { service?: string | undefined } & WriteOptions,
): Promise<void> {
  await refuseForeign(api, resources.deployments, target.namespace, canaryName(target.deployment));
  if (options.service !== undefined)
    await refuseForeign(api, resources.services, target.namespace, canaryName(options.service));
  const stable = await readDeployment(api, target);
  const { service: name } = options;
  const service = name === undefined ? undefined : await api.read<Service>(resources.services, target.namespace, name);
  await api.apply(resources.deployments, canaryDeployment(stable, target, release, options, service), options);
  if (service) await api.apply(resources.services, canaryService(service), options);
}

/** Removes the canary's objects. Gone already is fine. */
export async function removeCanary(api: KubernetesApi, target: Target, service?: string): Promise<void> {
  await removeOurs(api, resources.deployments, target.namespace, canaryName(target.deployment));
  if (service !== undefined) await removeOurs(api, resources.services, target.namespace, canaryName(service));
}

/** Whether anything of the canary is still there. */
export async function canaryRemains(api: KubernetesApi, target: Target): Promise<boolean> {
  return (await findOurs(api, resources.deployments, target.namespace, canaryName(target.deployment))) !== undefined;
}

/** Sets how many pods a Deployment has. */
export async function scale(api: KubernetesApi, { namespace, deployment }: Target, replicas: number): Promise<void> {
  await api.merge(resources.deployments, namespace, deployment, { spec: { replicas } });
}
