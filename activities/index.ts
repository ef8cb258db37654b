import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { beating } from './beating.js';
import { createCanaryActivities } from './canary.js';
import { createJudgingActivities } from './judging.js';
import { createPlanningActivities } from './planning.js';
import { createReleaseActivities } from './release.js';
import { createSightActivities } from './sight.js';
import { createSmokeActivities } from './smoke.js';

/** Activities of the cluster's queue: their worker alone needs rights in the cluster. */
export function createClusterActivities(api: KubernetesApi) {
  return beating({ ...createPlanningActivities(api), ...createReleaseActivities(api), ...createCanaryActivities(api) });
}

/** Activities that need no rights in a cluster. */
export function createRunbookActivities() {
  return { ...createJudgingActivities(), ...beating({ ...createSightActivities(), ...createSmokeActivities() }) };
}

export type ClusterActivities = ReturnType<typeof createClusterActivities>;
export type RunbookActivities = ReturnType<typeof createRunbookActivities>;
