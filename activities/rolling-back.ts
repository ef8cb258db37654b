import { RunbookError } from '../core/errors.js';
import type { Change } from '../core/record.js';
import { hashPlan } from '../policies/plan-hash.js';
import type { Rollback } from '../runbooks/rollback.js';
import { resources, type KubernetesApi } from '../systems/kubernetes/api.js';
import { readPointOfNoReturn } from '../systems/kubernetes/point-of-no-return.js';
import { applyRelease, releasedContainer, showTarget, type Release } from '../systems/kubernetes/release.js';
import { earlierRevisions, releaseOf, type Revision } from '../systems/kubernetes/revisions.js';
import type { PlannedRelease } from './planning.js';

const moreNext = 'release it with "runbook run" instead, which looks at it again';

/** The revision that is meant: the newest with the image, or the one before the present. */
function findRevision({ image, target, within }: Rollback, revisions: readonly Revision[]): Revision {
  const reachable = revisions.slice(0, within);
  const found = image === undefined ? reachable[0] : reachable.find((each) => each.image === image);
  if (found) return found;
  const names = reachable.map((each) => each.image).join(', ') || 'none';
  const older = revisions.some((each) => each.image === image) ? `; ${image} is older than that: ${moreNext}` : '';
  throw new RunbookError(
    'NotFound',
    `deployment ${showTarget(target)}: expected ${image ?? 'an earlier release'} among the last ${within} releases, found ${names}${older}`,
  );
}

async function refusePastReturn(api: KubernetesApi, { target }: Rollback, revision: Revision): Promise<void> {
  const mark = await readPointOfNoReturn(api, target);
  // Where the migration ran in a pod of the new version, that version's pods are older than the mark.
  if (!mark || revision.image === mark.image || Date.parse(revision.createdAt) >= Date.parse(mark.at)) return;
  throw new RunbookError(
    'PointOfNoReturn',
    `deployment ${showTarget(target)}: ${revision.image} cannot run on the schema since ${mark.image} migrated it at ${mark.at}; instead: ${mark.advice}`,
  );
}

async function refuseMissing(api: KubernetesApi, namespace: string, { repoints }: Release): Promise<void> {
  for (const { kind, to } of repoints) {
    await api.read(kind === 'ConfigMap' ? resources.configMaps : resources.secrets, namespace, to);
  }
}

/** The activity that plans a way back to a release that ran here before. */
export function createRollingBackActivities(api: KubernetesApi) {
  return {
    /**
     * What going back would change. Changes nothing.
     * @throws RunbookError NotFound (not among the last releases, or its configuration is gone), PointOfNoReturn.
     */
    async planRollback({ runbook }: { runbook: Rollback }): Promise<PlannedRelease> {
      const { target, service, environment } = runbook;
      const { deployment, revisions } = await earlierRevisions(api, target);
      const revision = findRevision(runbook, revisions);
      await refusePastReturn(api, runbook, revision);
      const release = releaseOf(deployment, revision);
      await refuseMissing(api, target.namespace, release);
      await applyRelease(api, target, release, { rehearse: true });
      const { name, image } = releasedContainer(deployment, target);
      const changes: Change[] = [
        ...(image === release.image ? [] : [{ what: `image of ${name}`, from: image, to: release.image }]),
        ...release.repoints.map(({ kind, from, to }) => ({ what: `reference to a ${kind}`, from, to })),
      ];
      const { number } = revision;
      const plan = {
        kind: 'rollback' as const,
        subject: `deployment ${showTarget(target)}`,
        changes,
        wayBack: `image and references go forward again to ${image}`,
        notes: [`revision ${number}, which ran here before: it is not looked at again (${service} in ${environment})`],
      };
      return {
        plan: { ...plan, hash: hashPlan(plan) },
        release,
        before: {
          image,
          repoints: release.repoints.map(({ kind, from, to }) => ({ kind, from: to, to: from })),
          replicas: deployment.spec.replicas ?? 1,
        },
        newConfigMaps: [],
      };
    },
  };
}
