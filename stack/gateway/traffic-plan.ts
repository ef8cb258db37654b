import { type Backend, resolveBackend } from './backend.js';
import type { ClusterSnapshot } from './cluster-view.js';
import type { HttpRoute, HttpRouteRule } from './http-route.js';

/** A backend and its weight; a reference that leads nowhere keeps its share, which is answered with 500. */
export interface Share {
  weight: number;
  backend?: Backend;
}

/** The requests of one path and how they are shared out. */
export interface Location {
  match: string;
  shares: Share[];
}

/** What is said about a route in its status. */
export interface Verdict {
  route: HttpRoute;
  /** Why the route is not served, if it is not. */
  refusal?: { reason: string; message: string };
  /** Why a share of its requests leads nowhere, if one does. */
  unresolved?: string;
  /** Which Services have a share but no pod that is ready, so that their requests are answered with 503. */
  unready?: string;
}

/** Everything that the configuration of nginx follows from. */
export interface TrafficPlan {
  /** By host name; the empty name is for routes that name no host. */
  hosts: Map<string, Location[]>;
  verdicts: Verdict[];
}

/** Decides where requests go. The older route keeps a host name that two routes want. */
export function planTraffic(snapshot: ClusterSnapshot): TrafficPlan {
  const plan: TrafficPlan = { hosts: new Map(), verdicts: [] };
  for (const route of [...snapshot.routes].sort(byAge)) {
    const refusal = findRefusal(route, plan);
    if (refusal) {
      plan.verdicts.push({ route, refusal });
      continue;
    }
    const problems: string[] = [];
    const locations = (route.spec.rules ?? []).flatMap((rule) => {
      const shares = resolveShares(snapshot, rule, route.metadata?.namespace ?? '', problems);
      return locationsOf(rule).map((match) => ({ match, shares }));
    });
    // Two rules with one path would be refused by nginx; the first one counts, as in the Gateway API.
    const distinct = locations.filter(
      ({ match }, index) => locations.findIndex((other) => other.match === match) === index,
    );
    for (const host of hostsOf(route)) plan.hosts.set(host, distinct);
    const unready = listUnready(distinct);
    plan.verdicts.push({
      route,
      ...(problems.length > 0 && { unresolved: problems.join('; ') }),
      ...(unready.length > 0 && { unready: unready.join(', ') }),
    });
  }
  return plan;
}

function findRefusal(route: HttpRoute, plan: TrafficPlan): Verdict['refusal'] {
  const taken = hostsOf(route).find((host) => plan.hosts.has(host));
  if (taken !== undefined) {
    return { reason: 'HostnameConflict', message: `an older route serves the host name "${taken}"` };
  }
  const odd = hostsOf(route).find((host) => !/^(\*\.)?[a-z0-9.-]*$/.test(host));
  if (odd !== undefined) return { reason: 'UnsupportedValue', message: `the host name "${odd}" is not valid` };
  const rules = route.spec.rules ?? [];
  const unsupported = rules.some((rule) => (rule.filters ?? []).length > 0)
    ? 'filters'
    : rules.map(findUnsupportedMatch).find(Boolean);
  return unsupported === undefined
    ? undefined
    : { reason: 'UnsupportedValue', message: `this gateway matches by host name and path only; found ${unsupported}` };
}

function findUnsupportedMatch(rule: HttpRouteRule): string | undefined {
  for (const match of rule.matches ?? []) {
    if (match.headers || match.queryParams || match.method !== undefined) return 'a match of headers, query or method';
    if (!['PathPrefix', 'Exact'].includes(match.path?.type ?? 'PathPrefix')) return `path type ${match.path?.type}`;
    if (!/^\/[\w./~-]*$/.test(match.path?.value ?? '/')) return `path ${match.path?.value}`;
  }
  return undefined;
}

function locationsOf(rule: HttpRouteRule): string[] {
  const matches = rule.matches ?? [];
  if (matches.length === 0) return ['/'];
  return matches.flatMap(({ path }) => {
    const value = path?.value ?? '/';
    if (path?.type === 'Exact') return [`= ${value}`];
    // A prefix of the Gateway API ends at a slash: /shop covers /shop and /shop/cart, not /shopping.
    const prefix = value.replace(/\/+$/, '');
    return prefix === '' ? ['/'] : [`= ${prefix}`, `${prefix}/`];
  });
}

function resolveShares(snapshot: ClusterSnapshot, rule: HttpRouteRule, namespace: string, problems: string[]): Share[] {
  return (rule.backendRefs ?? []).map((reference) => {
    const weight = reference.weight ?? 1;
    const found = resolveBackend(snapshot, reference, namespace);
    if (typeof found !== 'string') return { weight, backend: found };
    problems.push(found);
    return { weight };
  });
}

function listUnready(locations: Location[]): string[] {
  const shares = locations.flatMap((location) => location.shares).filter(({ weight }) => weight > 0);
  return [...new Set(shares.flatMap(({ backend }) => (backend?.addresses.length === 0 ? [backend.service] : [])))];
}

function hostsOf(route: HttpRoute): string[] {
  return route.spec.hostnames?.length ? route.spec.hostnames : [''];
}

function byAge(left: HttpRoute, right: HttpRoute): number {
  return ageKey(left) < ageKey(right) ? -1 : 1;
}

function ageKey({ metadata }: HttpRoute): string {
  return `${new Date(metadata?.creationTimestamp ?? 0).toISOString()} ${metadata?.namespace}/${metadata?.name}`;
}
