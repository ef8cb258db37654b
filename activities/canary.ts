import { activityInfo, sleep } from '@temporalio/activity';
import { RunbookError } from '../core/errors.js';
import type { Canary } from '../runbooks/canary.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { applyCanary, canaryRemains, canaryTarget, removeCanary, scale } from '../systems/kubernetes/canary.js';
import { setRouteSplit, type Backends } from '../systems/kubernetes/http-route.js';
import { readDeployment, showTarget, type Release, type Target } from '../systems/kubernetes/release.js';
import { awaitRollout } from './rollout.js';

type Traffic = Canary['traffic'];

const pollMs = 300;

/** Longest time that the pods of a canary may take to end. */
const removedWithinMs = 120_000;

export interface CanaryPods {
  target: Target;
  traffic: Traffic;
}

export interface CanaryUp {
  text: string;
  /** Begins the names of the canary's pods. */
  replicaSet: string;
}

/** Pods that a share of the traffic needs: as many of a hundred as the weight says, one at least. */
function podsFor(weight: number, replicas: number): number {
  return Math.max(1, Math.ceil((replicas * weight) / 100));
}

/** Back to the stable pods alone. The canary's go first where any stable pod can take over, else as soon as one can. */
async function endReplicas(api: KubernetesApi, target: Target, replicas: number): Promise<void> {
  await scale(api, target, replicas);
  const { status } = await readDeployment(api, target);
  if ((status?.availableReplicas ?? 0) === 0) await awaitRollout(api, target, removedWithinMs / 1000);
  if (await canaryRemains(api, target)) await scale(api, canaryTarget(target), 0);
  await awaitRollout(api, target, removedWithinMs / 1000);
}

/** Activities that bring up a canary, send it traffic and take it away. */
export function createCanaryActivities(api: KubernetesApi) {
  const serviceOf = (traffic: Traffic) => (traffic.by === 'httpRoute' ? traffic.service : undefined);

  return {
    /** Creates the canary with enough pods for a weight, and waits until they are ready. */
    async bringUpCanary(
      input: CanaryPods & { release: Release; weight: number; replicas: number; timeoutSeconds: number },
    ): Promise<CanaryUp> {
      const { target, release, traffic, weight } = input;
      const run = activityInfo().workflowExecution?.runId ?? '';
      const replicas = podsFor(weight, input.replicas);
      await applyCanary(api, target, release, { replicas, run, service: serviceOf(traffic) });
      const { text, replicaSet = '' } = await awaitRollout(api, canaryTarget(target), input.timeoutSeconds);
      return { text, replicaSet };
    },

    /** Sends this percentage to the canary, and waits until it is in force. */
    async setTraffic({
      target,
      traffic,
      weight,
      replicas,
    }: CanaryPods & { weight: number; replicas: number }): Promise<string> {
      if (traffic.by === 'httpRoute') {
        await setRouteSplit(api, { namespace: target.namespace, ...traffic }, { canary: weight });
      } else {
        await scale(api, target, weight === 0 ? replicas : Math.max(0, replicas - podsFor(weight, replicas)));
        if (weight === 0) await scale(api, canaryTarget(target), 0);
      }
      return `${weight} % in force`;
    },

    /** Puts the route, or the number of stable pods, back as it was before the canary; answers when, ISO 8601. */
    async endTraffic({
      target,
      traffic,
      before,
    }: CanaryPods & { before: { replicas: number; backends?: Backends } }): Promise<string> {
      if (traffic.by === 'httpRoute') {
        await setRouteSplit(api, { namespace: target.namespace, ...traffic }, { restore: before.backends ?? [] });
      } else {
        await endReplicas(api, target, before.replicas);
      }
      return new Date().toISOString();
    },

    /** Removes the canary's objects and waits until they are gone. */
    async takeDownCanary({ target, traffic }: CanaryPods): Promise<string> {
      const end = Date.now() + removedWithinMs;
      await removeCanary(api, target, serviceOf(traffic));
      while (await canaryRemains(api, target)) {
        if (Date.now() > end) {
          throw new RunbookError(
            'ReadBackFailed',
            `deployment ${showTarget(canaryTarget(target))}: expected it to be gone, found it still there`,
          );
        }
        await sleep(pollMs);
      }
      return `${showTarget(canaryTarget(target))} is gone`;
    },
  };
}
