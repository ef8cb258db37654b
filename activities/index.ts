import { getClient } from '@temporalio/activity';
import type { Alerting } from '../systems/alertmanager.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { findTokenDirectory } from '../systems/token-file.js';
import { createAdoptingActivities } from './adopting.js';
import { createBackingUpActivities } from './backing-up.js';
import { beating } from './beating.js';
import { createCanaryActivities } from './canary.js';
import { createCredentialStatusActivities } from './credential-status.js';
import { createUseActivities } from './credential-uses.js';
import { createDrillingActivities } from './drilling.js';
import { createPartDrillingActivities } from './drilling-parts.js';
import { createJudgingActivities } from './judging.js';
import { createMarkingActivities } from './marking.js';
import { createPermissionActivities } from './permission.js';
import { createPlanningActivities } from './planning.js';
import { createPlanningRotationsActivities } from './planning-rotations.js';
import { createProvingActivities } from './proving.js';
import { createReleaseActivities } from './release.js';
import { createRestoringActivities } from './restoring.js';
import { createClusterRestoringActivities } from './restoring-clusters.js';
import { createRetainingActivities } from './retaining.js';
import { createRetiringActivities } from './retiring.js';
import { createRollingBackActivities } from './rolling-back.js';
import { createRotatingActivities } from './rotating.js';
import { createRotationOrderActivities } from './rotation-order.js';
import { createRoutingActivities } from './routing.js';
import { createSightActivities } from './sight.js';
import { createSmokeActivities } from './smoke.js';
import { createStagingActivities } from './staging.js';
import { createSwitchingActivities } from './switching.js';
import { createTellingActivities, type TellingParts } from './telling.js';
import { createWatchingBackupsActivities } from './watching-backups.js';
import { createVouchingActivities, type AccessReader } from './vouching.js';
import { createWatchingCredentialsActivities } from './watching-credentials.js';
import { createWayBackActivities } from './way-back.js';

/** Activities of the cluster's queue: their worker alone needs rights in the cluster. */
export function createClusterActivities(api: KubernetesApi, alerting?: Alerting) {
  const parts = { tokens: findTokenDirectory(), api };
  return {
    ...createJudgingActivities({ api, ...(alerting && { alerting }) }),
    ...createBackingUpActivities(parts),
    ...createMarkingActivities(parts),
    ...createPartDrillingActivities(parts),
    ...beating({
      ...createPlanningActivities(api),
      ...createRollingBackActivities(api),
      ...createReleaseActivities(api),
      ...createCanaryActivities(api),
      ...createSwitchingActivities(api),
      ...createStagingActivities(parts),
      ...createRotatingActivities(parts),
      ...createAdoptingActivities(parts),
      ...createUseActivities(parts),
      ...createCredentialStatusActivities(parts),
      ...createRetiringActivities(parts),
    }),
  };
}

/** What the other queue's worker is connected to; all of it may be missing. */
export interface RunbookParts extends Partial<Pick<TellingParts, 'channels' | 'console'>> {
  alerting?: Alerting;
  access?: AccessReader;
}

/** Activities that need no rights in a cluster. */
export function createRunbookActivities({ alerting, channels, console, access }: RunbookParts = {}) {
  const parts = { tokens: findTokenDirectory() };
  return {
    ...createRoutingActivities(channels),
    ...createJudgingActivities(alerting ? { alerting } : {}),
    ...createBackingUpActivities(parts),
    ...createProvingActivities(parts),
    ...createDrillingActivities(parts),
    ...createPartDrillingActivities(parts),
    ...createRestoringActivities(parts),
    ...createClusterRestoringActivities(parts),
    ...createRetainingActivities(parts),
    ...createMarkingActivities(parts),
    ...createWatchingBackupsActivities({
      ...parts,
      ...(alerting && { alerting }),
      workflows: () => getClient().workflow,
    }),
    ...beating({
      ...createSightActivities(),
      ...createSmokeActivities(),
      ...createWayBackActivities(),
      ...createPermissionActivities(() => getClient().workflow),
      ...createRotationOrderActivities(() => getClient().workflow),
      ...createPlanningRotationsActivities(() => getClient().workflow),
      ...createVouchingActivities(() => getClient(), access),
      ...createWatchingCredentialsActivities(alerting ? { alerting } : {}),
      ...createTellingActivities({ ...parts, channels, console }),
    }),
  };
}

export type ClusterActivities = ReturnType<typeof createClusterActivities>;
export type RunbookActivities = ReturnType<typeof createRunbookActivities>;
