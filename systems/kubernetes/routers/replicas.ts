import { RunbookError } from '../../../core/errors.js';
import type { KubernetesApi } from '../api.js';
import { canaryRemains, canaryTarget, scale } from '../canary.js';
import type { Deployment } from '../objects.js';
import { readDeployment, showTarget, type Target } from '../release.js';
import { readRollout } from '../rollout.js';
import { confirm } from './confirm.js';
import type { Router, RouterTarget } from './router.js';

/** Longest time until pods of one side are available, or gone. */
const shiftedWithinMs = 120_000;
const pollMs = 200;

/** Pods that a share of the traffic needs: as many of a hundred as the percentage says, one at least. */
export function podsFor(percent: number, replicas: number): number {
  return Math.max(1, Math.ceil((replicas * percent) / 100));
}

/** Numbers of pods that come next to a percentage. Only 100 % takes the last stable pod. */
export function ratioFor(percent: number, replicas: number): { stable: number; canary: number } {
  const canary = percent === 0 ? 0 : podsFor(percent, replicas);
  return { stable: Math.max(percent < 100 ? 1 : 0, replicas - canary), canary };
}

/** One of the two Deployments, as it stands. */
interface Side {
  target: Target;
  replicas: number;
  available: number;
  /** As many pods as asked for, all of them available. */
  settled: boolean;
}

function sideOf(target: Target, { metadata, spec, status }: Deployment): Side {
  const replicas = spec.replicas ?? 1;
  const { observedGeneration = 0, availableReplicas: available = 0, replicas: pods = 0 } = status ?? {};
  const seen = observedGeneration >= (metadata.generation ?? 0);
  return { target, replicas, available, settled: seen && pods === replicas && available === replicas };
}

async function readSides(api: KubernetesApi, target: Target): Promise<{ stable: Side; canary: Side }> {
  const away = canaryTarget(target);
  const stable = sideOf(target, await readDeployment(api, target));
  const canary = (await canaryRemains(api, target))
    ? sideOf(away, await readDeployment(api, away))
    : { target: away, replicas: 0, available: 0, settled: true };
  return { stable, canary };
}

/**
 * Brings both sides to these numbers of pods. The side that grows goes first, and the other gives up one pod for each that is
 * available there: together they are never fewer than the service needs.
 * @throws RunbookError RolloutFailed as soon as the pods that are waited for cannot become available.
 */
async function shift(
  api: KubernetesApi,
  target: RouterTarget,
  wanted: { stable: number; canary: number },
): Promise<void> {
  const end = Date.now() + shiftedWithinMs;
  const look = async () => {
    const { stable, canary } = await readSides(api, target);
    await resize(api, stable, Math.max(wanted.stable, target.replicas - canary.available), wanted.stable);
    await resize(api, canary, Math.max(wanted.canary, target.replicas - stable.available), wanted.canary);
    const done = stable.replicas === wanted.stable && canary.replicas === wanted.canary;
    if (done && stable.settled && canary.settled) return undefined;
    const awaited = [stable, canary].find((side) => side.available < (side === stable ? wanted.stable : wanted.canary));
    const { state, text } = awaited ? await readRollout(api, awaited.target) : idle;
    const found =
      `${showTarget(target)}: expected ${wanted.stable} stable and ${wanted.canary} canary pods, found ` +
      `${stable.available} and ${canary.available} available${text && `: ${text}`}; see "kubectl -n ${target.namespace} get events"`;
    if (state === 'failed' || Date.now() > end) throw new RunbookError('RolloutFailed', found);
    return found;
  };
  await confirm(shiftedWithinMs, look, pollMs);
}

const idle = { state: 'progressing', text: '' } as const;

/** Grows a side to what is wanted, or lets it shrink as far as the other one can stand in for it. */
async function resize(api: KubernetesApi, side: Side, least: number, wanted: number): Promise<void> {
  const next = side.replicas < wanted ? wanted : Math.min(side.replicas, least);
  if (next !== side.replicas) await scale(api, side.target, next);
}

/** Where the stable pods cannot all come back: fewer of a good version are better than any of a bad one. */
async function dropCanary(api: KubernetesApi, target: RouterTarget): Promise<void> {
  const { stable, canary } = await readSides(api, target);
  if (stable.available > 0 && canary.replicas > 0) await scale(api, canary.target, 0);
}

/**
 * The ratio of pods behind one Service: no router, so the share is as coarse as the number of pods. Confirmed means that the
 * pods are available; the nodes' kube-proxy follows within moments (https://kubernetes.io/docs/reference/networking/virtual-ips/).
 */
export function createReplicaRouter(api: KubernetesApi, target: RouterTarget): Router {
  const weight = async () => {
    const { stable, canary } = await readSides(api, target);
    const all = stable.available + canary.available;
    return all === 0 ? 0 : Math.round((100 * canary.available) / all);
  };
  return {
    where: `deployments ${showTarget(target)} and ${showTarget(canaryTarget(target))}`,
    ownService: undefined,
    lagSeconds: 0,
    // That Deployments may be changed is rehearsed with the release and the canary themselves.
    rehearse: () => Promise.resolve({}),
    async set(percent) {
      const wanted = ratioFor(percent, target.replicas);
      await shift(api, target, wanted);
      return `${await weight()} % in force: ${wanted.canary} of ${wanted.stable + wanted.canary} pods`;
    },
    weight,
    async restore() {
      try {
        await shift(api, target, { stable: target.replicas, canary: 0 });
      } catch (error) {
        if (error instanceof RunbookError && error.code === 'RolloutFailed') await dropCanary(api, target);
        throw error;
      }
      return `${target.replicas} stable pods available, none of the canary`;
    },
  };
}
