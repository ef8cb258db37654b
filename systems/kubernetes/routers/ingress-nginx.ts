import { RunbookError } from '../../../core/errors.js';
import { resources, type KubernetesApi } from '../api.js';
import { canaryName, isOurs } from '../canary.js';
import { canaryIngress, canaryWeight, competesWith, rulesTo, type Ingress } from './canary-ingress.js';
import { confirm } from './confirm.js';
import type { Router } from './router.js';

/** The main Ingress and the stable Service in it. */
export interface IngressTarget {
  namespace: string;
  ingress: string;
  service: string;
}

const readBackWithinMs = 5000;

/** The controller takes changes over 0.3 times a second: https://kubernetes.github.io/ingress-nginx/user-guide/cli-arguments/ (--sync-rate-limit) */
const lagSeconds = 4;

const unsaid = 'ingress-nginx does not say when it is in force';

function refuse(target: IngressTarget, text: string): never {
  throw new RunbookError('Refused', `ingress ${target.namespace}/${target.ingress}: ${text}`);
}

async function readMain(api: KubernetesApi, target: IngressTarget): Promise<Ingress> {
  const main = await api.read<Ingress>(resources.ingresses, target.namespace, target.ingress);
  if (rulesTo(main, target.service).length > 0) return main;
  const names = rulesOf(main).join(', ') || 'none';
  refuse(target, `expected a path to "${target.service}", found ${names}; check traffic.service in the runbook`);
}

function rulesOf({ spec }: Ingress): string[] {
  return (spec.rules ?? []).flatMap(({ http }) => http?.paths.map(({ backend }) => backend.service?.name ?? '?') ?? []);
}

async function findCanary(api: KubernetesApi, { namespace, ingress }: IngressTarget): Promise<Ingress | undefined> {
  return api.find<Ingress>(resources.ingresses, namespace, canaryName(ingress));
}

async function refuseForeign(api: KubernetesApi, target: IngressTarget): Promise<void> {
  const found = await findCanary(api, target);
  if (found && !isOurs(found))
    refuse(target, `expected the name ${canaryName(target.ingress)} to be free, found an Ingress that is not ours`);
}

/** The controller heeds one canary for each rule and ignores others without a word. */
async function refuseSecond(api: KubernetesApi, target: IngressTarget, wanted: Ingress): Promise<void> {
  const others = await api.list<Ingress>(resources.ingresses, target.namespace);
  const rival = others.find((each) => each.metadata.name !== wanted.metadata.name && competesWith(each, wanted));
  if (rival)
    refuse(target, `expected no other canary of its paths, found ingress ${rival.metadata.name}; remove it first`);
}

async function setWeight(api: KubernetesApi, target: IngressTarget, percent: number): Promise<void> {
  const main = await readMain(api, target);
  await refuseForeign(api, target);
  // Server-side apply of what is there already changes nothing, so a lost answer cannot make it twice.
  await api.apply(resources.ingresses, canaryIngress(main, target.service, percent));
  await confirm(readBackWithinMs, async () => {
    const found = await findCanary(api, target);
    if (found && isOurs(found) && canaryWeight(found) === percent) return undefined;
    const which = `ingress ${target.namespace}/${canaryName(target.ingress)}`;
    return `${which}: expected ${percent} % on the canary, found ${found ? `${canaryWeight(found)} %` : 'no such Ingress'}; somebody else changes it`;
  });
}

async function removeCanaryIngress(api: KubernetesApi, target: IngressTarget): Promise<void> {
  const name = canaryName(target.ingress);
  const found = await findCanary(api, target);
  if (found && isOurs(found)) await api.remove(resources.ingresses, target.namespace, name);
  await confirm(readBackWithinMs, async () => {
    const left = await findCanary(api, target);
    return left && isOurs(left)
      ? `ingress ${target.namespace}/${name}: expected it to be gone, found it still there`
      : undefined;
  });
}

/**
 * The canary annotations of ingress-nginx, on a second Ingress that is made for the canary and removed after it
 * (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary). The main one is not touched.
 * Read back means that the weight is written: the controller does not say when it follows.
 */
export function createIngressRouter(api: KubernetesApi, target: IngressTarget): Router {
  const where = `ingress ${target.namespace}/${canaryName(target.ingress)}`;
  return {
    where,
    ownService: target.service,
    lagSeconds,
    async rehearse() {
      const wanted = canaryIngress(await readMain(api, target), target.service, 0);
      await refuseForeign(api, target);
      await refuseSecond(api, target, wanted);
      await api.apply(resources.ingresses, wanted, { rehearse: true });
      return {};
    },
    async set(percent) {
      await setWeight(api, target, percent);
      return `${percent} % written to ${where}; ${unsaid}`;
    },
    weight: async () => canaryWeight(await findCanary(api, target)),
    async restore() {
      await removeCanaryIngress(api, target);
      return `${where} is gone; ${unsaid}`;
    },
  };
}
