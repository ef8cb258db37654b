import { RunbookError } from '../core/errors.js';
import type { Change, Plan, RunKind } from '../core/record.js';
import { redact } from '../core/redact.js';
import { contentHash, hashPlan } from '../policies/plan-hash.js';
import { formatSeconds } from '../core/duration.js';
import type { BlueGreen } from '../runbooks/blue-green.js';
import type { Canary } from '../runbooks/canary.js';
import type { Deploy } from '../runbooks/deploy.js';
import type { Train } from '../runbooks/train.js';
import { resources, type KubernetesApi } from '../systems/kubernetes/api.js';
import { applyCanary } from '../systems/kubernetes/canary.js';
import type { ConfigMap, Deployment } from '../systems/kubernetes/objects.js';
import { referencesOf, type Repoint } from '../systems/kubernetes/references.js';
import {
  applyRelease,
  readDeployment,
  releasedContainer,
  showTarget,
  type Release,
} from '../systems/kubernetes/release.js';
import { createRouter, type Before } from '../systems/kubernetes/routers/router.js';
import { rehearseSwitch, type Selector } from '../systems/kubernetes/routers/service-selector.js';

/** A plan, the release it means, and what was there before it: what an undo goes back to. */
export interface PlannedRelease {
  plan: Plan;
  release: Release;
  before: Release & { replicas: number; route?: Before; selector?: Selector };
  /** ConfigMaps that the release would add: an undo removes them. */
  newConfigMaps: string[];
}

interface Planned<Runbook> {
  runbook: Runbook;
}

/** The reference that stands for a ConfigMap now: the plain name, or the version that an earlier run made of it. */
function currentConfigMap(deployment: Deployment, base: string): string {
  const references = referencesOf(deployment.spec.template.spec).filter(({ kind }) => kind === 'ConfigMap');
  const version = new RegExp(`^${base}(-[0-9a-f]{10})?$`);
  const found = references.find(({ name }) => version.test(name));
  if (found) return found.name;
  const names = references.map(({ name }) => name).join(', ') || 'none';
  throw new RunbookError(
    'NotFound',
    `config.configMaps.${base}: expected the Deployment to refer to it, found ${names}`,
  );
}

function repointSecret(deployment: Deployment, from: string, to: string): Repoint[] {
  const names = referencesOf(deployment.spec.template.spec).flatMap(({ kind, name }) =>
    kind === 'Secret' ? [name] : [],
  );
  if (names.includes(from) && names.includes(to)) {
    const message = `config.secrets.${from}: expected only ${from} or only ${to} to be referred to, found both; the way back could not tell them apart`;
    throw new RunbookError('Refused', message);
  }
  if (names.includes(from)) return [{ kind: 'Secret', from, to }];
  if (names.includes(to)) return [];
  throw new RunbookError(
    'NotFound',
    `config.secrets.${from}: expected the Deployment to refer to it, found ${names.join(', ') || 'none'}`,
  );
}

function show(value: string | undefined): string {
  const clean = redact(value ?? '');
  return value === undefined ? '(none)' : clean.length > 80 ? `${clean.slice(0, 77)}…` : clean;
}

interface ConfigChanges {
  repoints: Repoint[];
  changes: Change[];
  newConfigMaps: string[];
}

async function configChanges(
  api: KubernetesApi,
  deployment: Deployment,
  runbook: Deploy | Canary | BlueGreen,
): Promise<ConfigChanges> {
  const { namespace } = runbook.target;
  const repoints: Repoint[] = [];
  const changes: Change[] = [];
  const newConfigMaps: string[] = [];
  for (const [base, data] of Object.entries(runbook.config.configMaps)) {
    const from = currentConfigMap(deployment, base);
    const to = `${base}-${contentHash(data)}`;
    if (from === to) continue;
    const live = await api.find<ConfigMap>(resources.configMaps, namespace, from);
    repoints.push({ kind: 'ConfigMap', from, to });
    if (!(await api.find(resources.configMaps, namespace, to))) newConfigMaps.push(to);
    changes.push({ what: `reference to ConfigMap ${base}`, from, to });
    for (const key of [...new Set([...Object.keys(live?.data ?? {}), ...Object.keys(data)])].sort()) {
      if (live?.data?.[key] !== data[key]) {
        changes.push({ what: `${base}: ${key}`, from: show(live?.data?.[key]), to: show(data[key]) });
      }
    }
  }
  for (const [from, to] of Object.entries(runbook.config.secrets)) {
    const found = repointSecret(deployment, from, to);
    if (found.length > 0) await api.read(resources.secrets, namespace, to);
    repoints.push(...found);
    changes.push(...found.map(() => ({ what: 'reference to a Secret', from, to })));
  }
  return { repoints, changes, newConfigMaps };
}

async function planRelease(
  api: KubernetesApi,
  runbook: Deploy | Canary | BlueGreen,
): Promise<Omit<PlannedRelease, 'plan'> & { changes: Change[]; notes: string[] }> {
  const deployment = await readDeployment(api, runbook.target);
  const container = releasedContainer(deployment, runbook.target);
  const { repoints, changes, newConfigMaps } = await configChanges(api, deployment, runbook);
  if (container.image !== runbook.image)
    changes.unshift({ what: `image of ${container.name}`, from: container.image, to: runbook.image });
  const ready = deployment.status?.availableReplicas ?? 0;
  const replicas = deployment.spec.replicas ?? 1;
  const release = { image: runbook.image, repoints };
  // The server checks rights, validity and admission here, so that nothing is found out half-way.
  await applyRelease(api, runbook.target, release, { rehearse: true });
  return {
    release,
    before: {
      image: container.image,
      repoints: repoints.map(({ kind, from, to }) => ({ kind, from: to, to: from })),
      replicas,
    },
    newConfigMaps,
    changes,
    notes: ready < replicas ? [`only ${ready} of ${replicas} pods are ready now`] : [],
  };
}

function finishPlan(
  kind: RunKind,
  runbook: Deploy | Canary | BlueGreen,
  changes: Change[],
  wayBack: string,
  notes: string[],
): Plan {
  const plan = { kind, subject: `deployment ${showTarget(runbook.target)}`, changes, wayBack, notes };
  return { ...plan, hash: hashPlan(plan) };
}

/** What a deploy would change. */
export async function planDeploy(api: KubernetesApi, runbook: Deploy): Promise<PlannedRelease> {
  const { changes, notes, ...planned } = await planRelease(api, runbook);
  const { migrations } = runbook;
  if (migrations)
    changes.push({ what: `schema, in a ${migrations.in}`, from: `as it is`, to: migrations.upgrade.join(' ') });
  const past = migrations?.pointOfNoReturn;
  if (past !== undefined) notes.push(`past the migration there is no way back: ${past}`);
  const wayBack = migrations
    ? past !== undefined
      ? 'until the migration: image and references go back; after it: none'
      : 'image and references go back; the schema stays, so the earlier version must work with it'
    : 'image and references go back; the earlier pods stay until the new ones are ready';
  return { ...planned, plan: finishPlan('deploy', runbook, changes, wayBack, notes) };
}

/** What a canary would change. */
export async function planCanary(api: KubernetesApi, runbook: Canary): Promise<PlannedRelease> {
  const { changes, notes, ...planned } = await planRelease(api, runbook);
  const { target, traffic } = runbook;
  const { replicas } = planned.before;
  const router = createRouter(api, { ...target, replicas }, traffic);
  const rehearsal = { replicas: 1, run: 'rehearsal', service: router.ownService, rehearse: true };
  await applyCanary(api, target, planned.release, rehearsal);
  planned.before.route = await router.rehearse();
  if (router.lagSeconds > 0)
    notes.push(
      `${router.where}: its controller does not say when it follows; up to ${router.lagSeconds} s are allowed for`,
    );
  const weights = runbook.steps.map(({ weight }) => `${weight} %`).join(' → ');
  changes.push({ what: 'traffic to the new version', from: '0 %', to: weights });
  const wayBack = 'all traffic back to the stable version at once, then the canary’s pods are removed';
  return { ...planned, plan: finishPlan('canary', runbook, changes, wayBack, notes) };
}

/** What a blue-green release would change. */
async function planBlueGreen(api: KubernetesApi, runbook: BlueGreen): Promise<PlannedRelease> {
  const { changes, notes, ...planned } = await planRelease(api, runbook);
  const { target, scaleDownDelay } = runbook;
  const { service } = runbook.switch;
  await applyCanary(api, target, planned.release, { replicas: 1, run: 'rehearsal', service, rehearse: true });
  planned.before.selector = await rehearseSwitch(api, { namespace: target.namespace, service });
  changes.push({
    what: `users of service ${service}`,
    from: planned.before.image,
    to: `${runbook.image}, all at once`,
  });
  const wayBack = `all users back at once for ${formatSeconds(scaleDownDelay)}, while the old version is up`;
  return { ...planned, plan: finishPlan('blueGreen', runbook, changes, wayBack, notes) };
}

async function planTrain(api: KubernetesApi, { service, releases }: Train): Promise<Plan> {
  const changes: Change[] = [];
  const notes: string[] = [];
  for (const { runbook, after } of releases) {
    const { plan } = runbook.kind === 'deploy' ? await planDeploy(api, runbook) : await planCanary(api, runbook);
    const named = (what: string) => `${runbook.service}: ${what}`;
    changes.push(...plan.changes.map((change) => ({ ...change, what: named(change.what) })));
    notes.push(...plan.notes.map(named), named(after.length > 0 ? `after ${after.join(', ')}` : 'at once'));
  }
  const wayBack = 'each service by its own way back; those that are out already are rolled back in reverse order';
  const plan = { kind: 'train' as const, subject: `train ${service}`, changes, wayBack, notes };
  return { ...plan, hash: hashPlan(plan) };
}

/** Activities that read the live world and say what a run would change. They change nothing. */
export function createPlanningActivities(api: KubernetesApi) {
  return {
    async planDeploy({ runbook }: Planned<Deploy>): Promise<PlannedRelease> {
      return planDeploy(api, runbook);
    },

    async planCanary({ runbook }: Planned<Canary>): Promise<PlannedRelease> {
      return planCanary(api, runbook);
    },

    async planBlueGreen({ runbook }: Planned<BlueGreen>): Promise<PlannedRelease> {
      return planBlueGreen(api, runbook);
    },

    /** One plan for all services of a train: people approve it as a whole. */
    async planTrain({ runbook }: Planned<Train>): Promise<{ plan: Plan }> {
      return { plan: await planTrain(api, runbook) };
    },
  };
}
