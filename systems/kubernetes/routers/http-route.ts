import { isDeepStrictEqual } from 'node:util';
import { RunbookError } from '../../../core/errors.js';
import { resources, type KubernetesApi } from '../api.js';
import { canaryName } from '../canary.js';
import type { BackendRef, HttpRoute } from '../objects.js';
import { confirm, repeatOnConflict } from './confirm.js';
import type { Router } from './router.js';

/** A Gateway API HTTPRoute and the stable Service in it. */
export interface RouteTarget {
  namespace: string;
  httpRoute: string;
  service: string;
}

/** Longest wait for the gateway to say that it has taken a change over. */
const acceptedWithinMs = 15_000;

/** What a route shall do: send a percentage of the stable Service's share to the canary, or be as it was. */
export type Split = { canary: number } | { restore: Backends };

/** The backends of each rule of a route. */
export type Backends = BackendRef[][];

/** With the canary in the route all weights are so many times what they are without, so that others keep their share. */
const scale = 100;

function weightIn({ weight = 1 }: BackendRef): number {
  return weight;
}

function withSplit(refs: BackendRef[], service: string, percent: number): BackendRef[] {
  const stable = refs.find(({ name }) => name === service);
  if (!stable) return refs;
  const canary = refs.find(({ name }) => name === canaryName(service));
  const factor = canary ? 1 : scale;
  const whole = canary ? weightIn(stable) + weightIn(canary) : scale * weightIn(stable);
  const onCanary = Math.round((whole * percent) / 100);
  const others = refs
    .filter((ref) => ref !== stable && ref !== canary)
    .map((ref) => ({ ...ref, weight: factor * weightIn(ref) }));
  return [
    { ...stable, weight: whole - onCanary },
    { ...stable, name: canaryName(service), weight: onCanary },
    ...others,
  ];
}

/** The backends without the canary: its share is the stable Service's again. Where nobody changed them, as they were. */
function withoutCanary(refs: BackendRef[], service: string): BackendRef[] {
  const canary = refs.find(({ name }) => name === canaryName(service));
  if (!canary) return refs;
  const raised = refs
    .filter((ref) => ref !== canary)
    .map((ref) => ({ ...ref, weight: weightIn(ref) + (ref.name === service ? weightIn(canary) : 0) }));
  const factor = raised.every(({ weight }) => weight % scale === 0) ? scale : 1;
  return raised.map((ref) => ({ ...ref, weight: ref.weight / factor }));
}

/** Whether both share the traffic out alike, in whatever order and with or without a weight of 1 written down. */
function sharesAlike(left: BackendRef[], right: BackendRef[]): boolean {
  const told = (refs: BackendRef[]) =>
    refs.map((ref) => ({ ...ref, weight: weightIn(ref) })).sort((a, b) => a.name.localeCompare(b.name));
  return isDeepStrictEqual(told(left), told(right));
}

/** The backends of a route as they stand. */
export function backendsOf(route: HttpRoute): Backends {
  return (route.spec.rules ?? []).map(({ backendRefs = [] }) => backendRefs);
}

/** The route with this split in all of its rules that send to the stable Service. */
export function routeWithSplit(route: HttpRoute, service: string, split: Split): HttpRoute {
  const rules = (route.spec.rules ?? []).map((rule, index) => {
    const refs = rule.backendRefs;
    if (!refs?.some(({ name }) => name === service || name === canaryName(service))) return rule;
    if ('canary' in split) return { ...rule, backendRefs: withSplit(refs, service, split.canary) };
    if (!refs.some(({ name }) => name === canaryName(service))) return rule;
    // To the letter as it was; but rules may have been added or changed meanwhile, and from those the canary only goes.
    const plain = withoutCanary(refs, service);
    const candidates = [split.restore[index] ?? [], ...split.restore];
    return { ...rule, backendRefs: candidates.find((before) => sharesAlike(before, plain)) ?? plain };
  });
  return { ...route, spec: { ...route.spec, rules } };
}

/** Percentage on the canary that the route asks for; 0 when it is not in it. */
export function weightOf(route: HttpRoute, service: string): number {
  for (const { backendRefs = [] } of route.spec.rules ?? []) {
    const weights = (name: string) =>
      backendRefs.filter((ref) => ref.name === name).reduce((sum, ref) => sum + (ref.weight ?? 1), 0);
    const [stable, canary] = [weights(service), weights(canaryName(service))];
    if (stable + canary > 0) return Math.round((100 * canary) / (stable + canary));
  }
  return 0;
}

/**
 * The route, checked for what a canary needs of it.
 * @throws RunbookError NotFound, Refused.
 */
export async function readRoute(
  api: KubernetesApi,
  { namespace, httpRoute, service }: RouteTarget,
): Promise<HttpRoute> {
  const route = await api.read<HttpRoute>(resources.httpRoutes, namespace, httpRoute);
  const names = backendsOf(route).flatMap((refs) => refs.map(({ name }) => name));
  if (names.includes(service)) return route;
  throw new RunbookError(
    'Refused',
    `httproute ${namespace}/${httpRoute}: expected a backend "${service}", found ${names.join(', ') || 'none'}; check traffic.service in the runbook`,
  );
}

/** Whether every gateway of the route says that it has taken over this generation. */
function isProgrammed(route: HttpRoute): boolean {
  const parents = route.status?.parents ?? [];
  return (
    parents.length > 0 &&
    parents.every(({ conditions = [] }) =>
      conditions.some(
        ({ type, status, observedGeneration = 0 }) =>
          type === 'Accepted' && status === 'True' && observedGeneration >= (route.metadata.generation ?? 0),
      ),
    )
  );
}

async function readBack(api: KubernetesApi, target: RouteTarget, weight: number): Promise<void> {
  await confirm(acceptedWithinMs, async () => {
    const route = await readRoute(api, target);
    const found = weightOf(route, target.service);
    const programmed = isProgrammed(route);
    if (found === weight && programmed) return undefined;
    return (
      `httproute ${target.namespace}/${target.httpRoute}: expected ${weight} % on the canary and a gateway that accepted it within ` +
      `${acceptedWithinMs / 1000} s, found ${found} %, ${programmed ? 'accepted' : 'not accepted'}; see the route’s status.parents`
    );
  });
}

/**
 * Splits the traffic, and waits until the gateway says that it does.
 * Setting what is set changes nothing, so a lost answer cannot set it twice.
 */
export async function setRouteSplit(api: KubernetesApi, target: RouteTarget, split: Split): Promise<void> {
  await repeatOnConflict(async () => {
    const route = await readRoute(api, target);
    const wanted = routeWithSplit(route, target.service, split);
    if (!isDeepStrictEqual(wanted.spec, route.spec)) await api.replace(resources.httpRoutes, wanted);
  });
  await readBack(api, target, 'canary' in split ? split.canary : 0);
}

/** Lets the server check that we may change the route; changes nothing. */
export async function rehearseRouteSplit(api: KubernetesApi, target: RouteTarget): Promise<void> {
  const route = await readRoute(api, target);
  const idle = backendsOf(route).some((refs) => refs.some((ref) => ref.name === target.service && weightIn(ref) === 0));
  if (idle) {
    const where = `httproute ${target.namespace}/${target.httpRoute}`;
    throw new RunbookError(
      'Refused',
      `${where}: expected a weight above 0 for "${target.service}", found 0; there is no traffic to share`,
    );
  }
  await api.replace(resources.httpRoutes, routeWithSplit(route, target.service, { canary: 0 }), { rehearse: true });
}

/**
 * Weights of a Gateway API HTTPRoute; the gateway's word in `status.parents` says that they are in force
 * (https://gateway-api.sigs.k8s.io/api-types/httproute/#backendrefs-optional).
 */
export function createHttpRouteRouter(api: KubernetesApi, target: RouteTarget): Router {
  const { namespace, httpRoute, service } = target;
  return {
    where: `httproute ${namespace}/${httpRoute}`,
    ownService: service,
    lagSeconds: 0,
    async rehearse() {
      const backends = backendsOf(await readRoute(api, target));
      await rehearseRouteSplit(api, target);
      // A canary that an ended run left behind is not what to go back to.
      return { backends: backends.map((refs) => withoutCanary(refs, service)) };
    },
    async set(percent) {
      await setRouteSplit(api, target, { canary: percent });
      return `${percent} % in force`;
    },
    weight: async () => weightOf(await readRoute(api, target), service),
    async restore({ backends = [] }) {
      await setRouteSplit(api, target, { restore: backends });
      return 'the stable version’s share in force as before';
    },
  };
}
