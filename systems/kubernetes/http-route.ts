import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../core/errors.js';
import { resources, type KubernetesApi } from './api.js';
import { canaryName } from './canary.js';
import { ApiFailure } from './failures.js';
import type { BackendRef, HttpRoute } from './objects.js';

/** A Gateway API HTTPRoute and the stable Service in it. */
export interface RouteTarget {
  namespace: string;
  httpRoute: string;
  service: string;
}

/** Longest wait for the gateway to say that it has taken a change over. */
const acceptedWithinMs = 15_000;
const attempts = 5;

/** What a route shall do: send a percentage of the stable Service's share to the canary, or be as it was. */
export type Split = { canary: number } | { restore: Backends };

/** The backends of each rule of a route. */
export type Backends = BackendRef[][];

function withSplit(refs: BackendRef[], service: string, percent: number): BackendRef[] {
  const stable = refs.find(({ name }) => name === service);
  if (!stable) return refs;
  const canary = refs.find(({ name }) => name === canaryName(service));
  // With the canary in the route all weights are a hundred times what they are without, so that others keep their share.
  const scale = canary ? 1 : 100;
  const whole = canary ? weightIn(stable) + weightIn(canary) : 100 * weightIn(stable);
  const onCanary = Math.round((whole * percent) / 100);
  const others = refs
    .filter((ref) => ref !== stable && ref !== canary)
    .map((ref) => ({ ...ref, weight: scale * weightIn(ref) }));
  return [
    { ...stable, weight: whole - onCanary },
    { ...stable, name: canaryName(service), weight: onCanary },
    ...others,
  ];
}

function weightIn({ weight = 1 }: BackendRef): number {
  return weight;
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
    // Somebody may have added rules meanwhile: from those the canary only goes.
    return { ...rule, backendRefs: split.restore[index] ?? refs.filter(({ name }) => name !== canaryName(service)) };
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
  const end = Date.now() + acceptedWithinMs;
  for (;;) {
    const route = await readRoute(api, target);
    if (weightOf(route, target.service) === weight && isProgrammed(route)) return;
    if (Date.now() > end) {
      throw new RunbookError(
        'ReadBackFailed',
        `httproute ${target.namespace}/${target.httpRoute}: expected ${weight} % on the canary and a gateway that accepted it within ` +
          `${acceptedWithinMs / 1000} s, found ${weightOf(route, target.service)} %, ${isProgrammed(route) ? 'accepted' : 'not accepted'}; ` +
          'see the route’s status.parents',
      );
    }
    await sleep(50);
  }
}

/**
 * Splits the traffic, and waits until the gateway says that it does.
 * Setting what is set changes nothing, so a lost answer cannot set it twice.
 */
export async function setRouteSplit(api: KubernetesApi, target: RouteTarget, split: Split): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const route = await readRoute(api, target);
    const wanted = routeWithSplit(route, target.service, split);
    if (JSON.stringify(wanted.spec) === JSON.stringify(route.spec)) break;
    try {
      await api.replace(resources.httpRoutes, wanted);
      break;
    } catch (error) {
      // Somebody else changed the route between our reading and writing: look again.
      if (!(error instanceof ApiFailure && error.status === 409) || attempt === attempts) throw error;
    }
  }
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
