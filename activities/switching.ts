import { activityInfo } from '@temporalio/activity';
import { resources, type KubernetesApi } from '../systems/kubernetes/api.js';
import { applyCanary, canaryService, canaryTarget } from '../systems/kubernetes/canary.js';
import type { Service } from '../systems/kubernetes/objects.js';
import type { Release, Target } from '../systems/kubernetes/release.js';
import { switchSelector, type Selector } from '../systems/kubernetes/routers/service-selector.js';
import type { CanaryUp } from './canary.js';
import { awaitRollout } from './rollout.js';

export interface SwitchTarget {
  target: Target;
  service: string;
}

export interface NextVersion extends SwitchTarget {
  release: Release;
  replicas: number;
  timeoutSeconds: number;
}

/** Activities of a blue-green release: the next version beside the present one, and the switch between them. */
export function createSwitchingActivities(api: KubernetesApi) {
  return {
    /** Brings the next version up beside the present one, with a Service of its own as preview, and waits until it is ready. */
    async bringUpNext({ target, service, release, replicas, timeoutSeconds }: NextVersion): Promise<CanaryUp> {
      const run = activityInfo().workflowExecution?.runId ?? '';
      await applyCanary(api, target, release, { replicas, run, service });
      const { text, replicaSet = '' } = await awaitRollout(api, canaryTarget(target), timeoutSeconds);
      return { text, replicaSet };
    },

    /** Switches all users to the next version. Its pods have the labels of its preview Service. */
    async switchToNext({ target, service, selector }: SwitchTarget & { selector: Selector }): Promise<string> {
      const live = await api.read<Service>(resources.services, target.namespace, service);
      const next = canaryService({ ...live, spec: { ...live.spec, selector } }).spec.selector ?? {};
      return switchSelector(api, { namespace: target.namespace, service }, next);
    },

    /** Switches all users back to the pods that the Service found before; answers when, ISO 8601. */
    async switchBack({ target, service, selector }: SwitchTarget & { selector: Selector }): Promise<string> {
      await switchSelector(api, { namespace: target.namespace, service }, selector);
      return new Date().toISOString();
    },
  };
}
