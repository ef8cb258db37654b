import { RunbookError } from '../../../core/errors.js';
import { resources, type KubernetesApi } from '../api.js';
import type { EndpointSlice, Pod, Service } from '../objects.js';
import { confirm, repeatOnConflict } from './confirm.js';

/** A Service by which versions are switched: its selector says whose pods it finds. */
export interface ServiceTarget {
  namespace: string;
  service: string;
}

export type Selector = Record<string, string>;

const endpointsWithinMs = 15_000;

/**
 * How long routers and the nodes' kube-proxy may take to follow the slices: nobody says when they have. kube-proxy alone syncs at most
 * once a second (`minSyncPeriod`); a busy gateway reloads later still.
 */
export const switchLagSeconds = 5;

/** Which slices belong to a Service: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ownership */
const serviceLabel = 'kubernetes.io/service-name';

function show(selector: Selector): string {
  const labels = Object.entries(selector).map(([label, value]) => `${label}=${value}`);
  return labels.sort().join(',') || 'no labels';
}

function isSame(left: Selector, right: Selector): boolean {
  return show(left) === show(right);
}

async function readService(api: KubernetesApi, { namespace, service }: ServiceTarget): Promise<Service> {
  return api.read<Service>(resources.services, namespace, service);
}

/**
 * The labels by which a Service finds its pods.
 * @throws RunbookError NotFound; Refused where it has none, for then somebody else keeps its endpoints.
 */
export async function readSelector(api: KubernetesApi, target: ServiceTarget): Promise<Selector> {
  const { selector = {} } = (await readService(api, target)).spec;
  if (Object.keys(selector).length > 0) return selector;
  throw new RunbookError(
    'Refused',
    `service ${target.namespace}/${target.service}: expected a selector, found none; name a Service that selects pods`,
  );
}

async function readyPods(api: KubernetesApi, namespace: string, selector: Selector): Promise<string[]> {
  const pods = await api.list<Pod>(resources.pods, namespace, selector);
  return pods
    .filter(({ metadata, status }) => {
      const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
      return ready && metadata.deletionTimestamp === undefined;
    })
    .map(({ metadata }) => metadata.name);
}

/** Pods that the Service sends new connections to. Nothing said about readiness means ready, by the API's reference. */
async function servingPods(api: KubernetesApi, { namespace, service }: ServiceTarget): Promise<string[]> {
  const slices = await api.list<EndpointSlice>(resources.endpointSlices, namespace, { [serviceLabel]: service });
  const ready = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready ?? true);
  // A pod may stand in several slices, one for each family of addresses.
  return [...new Set(ready.map(({ targetRef }) => targetRef?.name ?? 'an address without a pod'))];
}

/** What the patch says: labels that are not wanted any more must be named, as null (RFC 7396). */
function patchOf({ metadata, spec }: Service, selector: Selector) {
  const dropped = Object.keys(spec.selector ?? {}).map((label) => [label, null] as const);
  // With the version in it the server refuses (409) when somebody changed the Service since it was read.
  return {
    metadata: { resourceVersion: metadata.resourceVersion },
    spec: { selector: { ...Object.fromEntries(dropped), ...selector } },
  };
}

async function writeSelector(api: KubernetesApi, target: ServiceTarget, selector: Selector): Promise<void> {
  const { namespace, service: name } = target;
  await repeatOnConflict(async () => {
    const service = await readService(api, target);
    if (isSame(service.spec.selector ?? {}, selector)) return;
    await api.merge(resources.services, namespace, name, patchOf(service, selector));
  });
}

async function awaitEndpoints(api: KubernetesApi, target: ServiceTarget, selector: Selector): Promise<void> {
  const { namespace, service } = target;
  await confirm(endpointsWithinMs, async () => {
    const live = await readSelector(api, target);
    const [wanted, serving] = await Promise.all([readyPods(api, namespace, selector), servingPods(api, target)]);
    const exact = wanted.length === serving.length && wanted.every((name) => serving.includes(name));
    if (isSame(live, selector) && exact && serving.length > 0) return undefined;
    return (
      `service ${namespace}/${service}: expected only the ready pods of ${show(selector)} behind it within ` +
      `${endpointsWithinMs / 1000} s (${wanted.join(', ') || 'none'}), found selector ${show(live)} and ` +
      `${serving.join(', ') || 'no pod'}; see "kubectl -n ${namespace} get endpointslices"`
    );
  });
}

/** Lets the server check that we may change the Service; changes nothing. Answers its selector. */
export async function rehearseSwitch(api: KubernetesApi, target: ServiceTarget): Promise<Selector> {
  const selector = await readSelector(api, target);
  await api.replace(resources.services, await readService(api, target), { rehearse: true });
  return selector;
}

/**
 * Gives a Service exactly this selector, and waits until its EndpointSlices hold all ready pods of it and none else. Doing it
 * again changes nothing. Never switches to a selector without a ready pod. The nodes' kube-proxy follows the slices within
 * moments and does not say when; open connections stay where they are: leave the earlier pods running for `switchLagSeconds`.
 * @throws RunbookError ReadBackFailed, Conflict when somebody changes the Service all the time.
 */
export async function switchSelector(api: KubernetesApi, target: ServiceTarget, selector: Selector): Promise<string> {
  const ready = await readyPods(api, target.namespace, selector);
  if (ready.length === 0) {
    throw new RunbookError(
      'ReadBackFailed',
      `service ${target.namespace}/${target.service}: expected a ready pod of ${show(selector)} before the switch, found none; ` +
        `nothing was switched, see "kubectl -n ${target.namespace} get pods -l ${show(selector)}"`,
    );
  }
  await writeSelector(api, target, selector);
  await awaitEndpoints(api, target, selector);
  return `service ${target.namespace}/${target.service} sends to ${show(selector)} only`;
}
