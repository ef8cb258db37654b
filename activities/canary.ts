import { activityInfo, sleep } from '@temporalio/activity';
import { RunbookError } from '../core/errors.js';
import type { Traffic } from '../runbooks/traffic.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { applyCanary, canaryRemains, canaryTarget, removeCanary } from '../systems/kubernetes/canary.js';
import { applyRelease, readDeployment, showTarget, type Release, type Target } from '../systems/kubernetes/release.js';
import { podsFor } from '../systems/kubernetes/routers/replicas.js';
import { createRouter, type Before } from '../systems/kubernetes/routers/router.js';
import { switchLagSeconds } from '../systems/kubernetes/routers/service-selector.js';
import { awaitRollout } from './rollout.js';

const pollMs = 300;

/** How long routers may take to learn of a pod. */
const justBackMs = 5000;

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

/** Until `lagSeconds` are over, a router that does not say when it follows may still send requests to the pods. */
async function takeDown(
  api: KubernetesApi,
  target: Target,
  service: string | undefined,
  lagSeconds: number,
): Promise<string> {
  if (await canaryRemains(api, target)) await sleep(lagSeconds * 1000);
  const end = Date.now() + removedWithinMs;
  await removeCanary(api, target, service);
  while (await canaryRemains(api, target)) {
    if (Date.now() > end) {
      const which = showTarget(canaryTarget(target));
      throw new RunbookError('ReadBackFailed', `deployment ${which}: expected it to be gone, found it still there`);
    }
    await sleep(pollMs);
  }
  return `${showTarget(canaryTarget(target))} is gone`;
}

/**
 * Whoever has no ready pod gets no traffic: a canary that serves is better than nobody.
 * @throws RunbookError ReadBackFailed, to be tried again.
 */
async function refuseWithoutStable(api: KubernetesApi, target: Target): Promise<void> {
  const { spec, status } = await readDeployment(api, target);
  if (spec.replicas === 0) return;
  if ((status?.availableReplicas ?? 0) > 0) {
    // Pods that have only just come back are not known to every router yet.
    const since = status?.conditions?.find(({ type, status: is }) => type === 'Available' && is === 'True');
    // As long as some are missing the condition does not say since when there is one.
    const age = since?.lastTransitionTime === undefined ? 0 : Date.now() - Date.parse(since.lastTransitionTime);
    if (age < justBackMs) await sleep(Math.min(justBackMs, justBackMs - age));
    return;
  }
  throw new RunbookError(
    'ReadBackFailed',
    `deployment ${showTarget(target)}: expected an available pod to send the traffic to, found none; the canary keeps it until then`,
  );
}

interface Calming {
  target: Target;
  release: Release;
  timeoutSeconds: number;
}

/** Activities that bring up a canary, send it traffic and take it away. */
export function createCanaryActivities(api: KubernetesApi) {
  const routerOf = ({ target, traffic }: CanaryPods, replicas: number) =>
    createRouter(api, { ...target, replicas }, traffic);

  return {
    /** Creates the canary with enough pods for a weight, and waits until they are ready. */
    async bringUpCanary(
      input: CanaryPods & { release: Release; weight: number; replicas: number; timeoutSeconds: number },
    ): Promise<CanaryUp> {
      const { target, release, weight } = input;
      const { ownService: service } = routerOf(input, input.replicas);
      const run = activityInfo().workflowExecution?.runId ?? '';
      const replicas = podsFor(weight, input.replicas);
      await applyCanary(api, target, release, { replicas, run, service });
      const { text, replicaSet = '' } = await awaitRollout(api, canaryTarget(target), input.timeoutSeconds);
      return { text, replicaSet };
    },

    /** Sends this percentage to the canary, and waits until the router confirms it. */
    async setTraffic({
      weight,
      replicas,
      ...pods
    }: CanaryPods & { weight: number; replicas: number }): Promise<string> {
      return routerOf(pods, replicas).set(weight);
    },

    /** Puts the route, or the number of stable pods, back as it was before the canary; answers when, ISO 8601. */
    async endTraffic({
      before: { replicas, route = {} },
      ...pods
    }: CanaryPods & { before: { replicas: number; route?: Before } }): Promise<string> {
      const router = routerOf(pods, replicas);
      if (router.ownService !== undefined && (await router.weight()) > 0) await refuseWithoutStable(api, pods.target);
      await router.restore(route);
      return new Date().toISOString();
    },

    /** Puts the stable version into the canary's pods: whatever the router still sends there is answered by it. */
    async calmCanary({ target, release, timeoutSeconds }: Calming): Promise<string> {
      if (!(await canaryRemains(api, target))) return 'the canary is gone';
      await refuseWithoutStable(api, target);
      await applyRelease(api, canaryTarget(target), release);
      return (await awaitRollout(api, canaryTarget(target), timeoutSeconds)).text;
    },

    /** Removes the canary's objects and waits until they are gone. */
    async takeDownCanary({ target, traffic }: CanaryPods): Promise<string> {
      const { ownService, lagSeconds } = routerOf({ target, traffic }, 0);
      return takeDown(api, target, ownService, lagSeconds);
    },

    /** Removes a blue-green release's second Deployment and its preview, and waits until they are gone. */
    async takeDownNext({ target, service }: { target: Target; service: string }): Promise<string> {
      return takeDown(api, target, service, switchLagSeconds);
    },
  };
}
