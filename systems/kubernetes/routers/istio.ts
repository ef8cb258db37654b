import { isDeepStrictEqual } from 'node:util';
import { RunbookError } from '../../../core/errors.js';
import { resources, type KubernetesApi } from '../api.js';
import { confirm, repeatOnConflict } from './confirm.js';
import {
  destinationsOf,
  isMeant,
  isStable,
  virtualServiceWith,
  weightIn,
  weightOn,
  type IstioTarget,
  type Split,
  type VirtualService,
} from './destinations.js';
import type { Before, Router } from './router.js';

const readBackWithinMs = 5000;

/** Istiod gathers changes for up to PILOT_DEBOUNCE_MAX: https://istio.io/latest/docs/reference/commands/pilot-discovery/#envvars */
const lagSeconds = 10;

function showTarget({ namespace, virtualService }: IstioTarget): string {
  return `virtualservice ${namespace}/${virtualService}`;
}

function refuse(target: IstioTarget, text: string): never {
  throw new RunbookError('Refused', `${showTarget(target)}: ${text}`);
}

/** Checks what a split needs: one stable destination in each HTTP route, with a share that can be divided, in percent. */
function checkDestinations(found: VirtualService, target: IstioTarget): void {
  const routes = (found.spec.http ?? []).filter((each) => isMeant(each, target));
  const { service, route } = target;
  if (routes.length === 0) {
    const hosts = destinationsOf(found).flatMap((all) => all.map(({ destination }) => destination.host));
    const which = route === undefined ? 'an HTTP route' : `an HTTP route named "${route}"`;
    refuse(
      target,
      `expected ${which} to "${service}", found ${hosts.join(', ') || 'none'}; check traffic in the runbook`,
    );
  }
  for (const { route: all = [] } of routes) {
    const stable = all.filter((each) => isStable(each, target));
    const [first] = stable;
    if (stable.length !== 1 || !first)
      refuse(
        target,
        `expected one destination to "${service}" in each HTTP route, found ${stable.length}; name one by traffic.route`,
      );
    const total = all.reduce((sum, each) => sum + weightIn(each, all), 0);
    if (total !== 100) refuse(target, `expected weights that sum to 100, found ${total}`);
    if (weightIn(first, all) < 2)
      refuse(
        target,
        `expected a weight of at least 2 for "${service}", found ${weightIn(first, all)}; there is no traffic to share`,
      );
  }
}

async function readVirtualService(api: KubernetesApi, target: IstioTarget): Promise<VirtualService> {
  return api.read<VirtualService>(resources.virtualServices, target.namespace, target.virtualService);
}

async function setSplit(api: KubernetesApi, target: IstioTarget, split: Split): Promise<number> {
  let weight = 0;
  const isThere = (found: VirtualService) => isDeepStrictEqual(virtualServiceWith(found, target, split), found);
  await repeatOnConflict(async () => {
    const found = await readVirtualService(api, target);
    if ('canary' in split && !(found.spec.http ?? []).some((each) => isMeant(each, target)))
      checkDestinations(found, target);
    if (!isThere(found)) await api.replace(resources.virtualServices, virtualServiceWith(found, target, split));
  });
  await confirm(readBackWithinMs, async () => {
    const found = await readVirtualService(api, target);
    weight = weightOn(found, target);
    const wanted = 'canary' in split ? `${split.canary} % on the canary` : 'the destinations as before the canary';
    return isThere(found)
      ? undefined
      : `${showTarget(target)}: expected ${wanted}, found ${weight} %; somebody else changes it`;
  });
  return weight;
}

/**
 * Destination weights of an Istio VirtualService (https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination).
 * Header matches, subsets and other destinations stay; weights sum to 100. Read back means that the weights are written:
 * Istio does not say when its proxies follow them.
 */
export function createIstioRouter(api: KubernetesApi, target: IstioTarget): Router {
  const unsaid = 'Istio does not say when it is in force';
  return {
    where: showTarget(target),
    ownService: target.service,
    lagSeconds,
    async rehearse(): Promise<Before> {
      const found = await readVirtualService(api, target);
      const before = virtualServiceWith(found, target, { restore: [] });
      checkDestinations(before, target);
      await api.replace(resources.virtualServices, virtualServiceWith(before, target, { canary: 0 }), {
        rehearse: true,
      });
      return { destinations: destinationsOf(before) };
    },
    async set(percent) {
      const weight = await setSplit(api, target, { canary: percent });
      return `${weight} % written to ${showTarget(target)}; ${unsaid}`;
    },
    weight: async () => weightOn(await readVirtualService(api, target), target),
    async restore({ destinations = [] }) {
      await setSplit(api, target, { restore: destinations });
      return `${showTarget(target)} as before; ${unsaid}`;
    },
  };
}
