import { isDeepStrictEqual } from 'node:util';
import { canaryName } from '../canary.js';
import type { ManagedObject } from '../objects.js';

/** One destination of an HTTP route, with its share in percent. */
export interface RouteDestination {
  destination: { host: string; subset?: string };
  weight?: number;
}

/** The parts of an Istio VirtualService that are read here; the others are carried along untouched. */
export interface VirtualService extends ManagedObject {
  spec: { http?: Array<{ name?: string; route?: RouteDestination[] }> };
}

/** What a VirtualService shall do: send a percentage of the stable Service's share to the canary, or be as it was. */
export type Split = { canary: number } | { restore: RouteDestination[][] };

/** A VirtualService, the stable Service in it, and, where not all of its HTTP routes are meant, the name of one. */
export interface IstioTarget {
  namespace: string;
  virtualService: string;
  service: string;
  route?: string | undefined;
}

/** Whether a host is this Service, by its short name or with namespace and domain. Short ones are of the same namespace. */
function isHost(host: string, service: string, namespace: string): boolean {
  return host === service || host === `${service}.${namespace}` || host.startsWith(`${service}.${namespace}.svc`);
}

/** Whether a destination is the stable Service. */
export function isStable({ destination }: RouteDestination, { service, namespace }: IstioTarget): boolean {
  return isHost(destination.host, service, namespace);
}

function isCanary({ destination }: RouteDestination, { service, namespace }: IstioTarget): boolean {
  return isHost(destination.host, canaryName(service), namespace);
}

/** A destination that is alone gets everything, whatever weight it has. */
export function weightIn({ weight = 0 }: RouteDestination, all: readonly RouteDestination[]): number {
  return all.length === 1 ? 100 : weight;
}

/** Where the canary's requests go: like the stable ones, but its Service has no subsets. */
function canaryDestination(stable: RouteDestination, service: string, weight: number): RouteDestination {
  const { subset: _, ...destination } = stable.destination;
  return {
    ...stable,
    destination: { ...destination, host: canaryName(service) + stable.destination.host.slice(service.length) },
    weight,
  };
}

function withSplit(all: RouteDestination[], target: IstioTarget, percent: number): RouteDestination[] {
  const stable = all.find((each) => isStable(each, target));
  if (!stable) return all;
  const canary = all.find((each) => isCanary(each, target));
  const whole = weightIn(stable, all) + (canary ? weightIn(canary, all) : 0);
  const rounded = Math.round((whole * percent) / 100);
  // Only all and nothing are all and nothing, however small the stable version's share is.
  const onCanary = percent > 0 && percent < 100 ? Math.min(whole - 1, Math.max(1, rounded)) : rounded;
  return [
    { ...stable, weight: whole - onCanary },
    canaryDestination(stable, target.service, onCanary),
    ...all.filter((each) => each !== stable && each !== canary),
  ];
}

function withoutCanary(all: RouteDestination[], target: IstioTarget): RouteDestination[] {
  const canary = all.find((each) => isCanary(each, target));
  if (!canary) return all;
  const rest = all.filter((each) => each !== canary);
  return rest.map((each) =>
    isStable(each, target) ? { ...each, weight: weightIn(each, all) + weightIn(canary, all) } : each,
  );
}

function sharesAlike(left: RouteDestination[], right: RouteDestination[]): boolean {
  const told = (all: RouteDestination[]) =>
    all
      .map((each) => ({ ...each, weight: weightIn(each, all) }))
      .sort((a, b) => showShare(a).localeCompare(showShare(b)));
  return isDeepStrictEqual(told(left), told(right));
}

function showShare({ destination, weight }: RouteDestination): string {
  return `${destination.host} ${destination.subset ?? ''} ${weight}`;
}

/** Whether the runbook means this HTTP route. */
export function isMeant(route: { name?: string; route?: RouteDestination[] }, target: IstioTarget): boolean {
  if (target.route !== undefined && route.name !== target.route) return false;
  return route.route?.some((each) => isStable(each, target) || isCanary(each, target)) ?? false;
}

/** The destinations of each HTTP route of a VirtualService as they stand. */
export function destinationsOf({ spec }: VirtualService): RouteDestination[][] {
  return (spec.http ?? []).map(({ route = [] }) => route);
}

/** The VirtualService with this split in the HTTP routes that are meant. */
export function virtualServiceWith(found: VirtualService, target: IstioTarget, split: Split): VirtualService {
  const http = (found.spec.http ?? []).map((each, index) => {
    if (!isMeant(each, target) || !each.route) return each;
    if ('canary' in split) return { ...each, route: withSplit(each.route, target, split.canary) };
    if (!each.route.some((destination) => isCanary(destination, target))) return each;
    const plain = withoutCanary(each.route, target);
    const candidates = [split.restore[index] ?? [], ...split.restore];
    return { ...each, route: candidates.find((before) => sharesAlike(before, plain)) ?? plain };
  });
  return { ...found, spec: { ...found.spec, http } };
}

/** Percentage of the stable Service's traffic that the first HTTP route meant sends to the canary; 0 when it is not in it. */
export function weightOn(found: VirtualService, target: IstioTarget): number {
  const all = found.spec.http?.find((each) => isMeant(each, target))?.route ?? [];
  const sum = (is: typeof isStable) =>
    all.filter((each) => is(each, target)).reduce((total, each) => total + weightIn(each, all), 0);
  const [stable, canary] = [sum(isStable), sum(isCanary)];
  return stable + canary === 0 ? 0 : Math.round((100 * canary) / (stable + canary));
}
