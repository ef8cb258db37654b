import { KubeConfig } from '@kubernetes/client-node';
import { beating } from '../activities/beating.js';
import { createClusterActivities, createRunbookActivities } from '../activities/index.js';
import type { CanaryUp } from '../activities/canary.js';
import type { WatchResult } from '../activities/judging.js';
import type { PlannedRelease } from '../activities/planning.js';
import type { RunKind } from '../core/record.js';
import { emptyJudgement } from '../policies/judge.js';
import { noCounts } from '../policies/looks.js';
import { KubernetesApi } from '../systems/kubernetes/api.js';

type Activities = Record<string, () => Promise<unknown>>;

/** The hash of every plan that the idle activities make: votes must name it. */
export const idlePlanHash = 'b0'.repeat(32);

/** As large as a real plan: what a waiting run keeps in memory is this. */
function planOf(kind: RunKind): PlannedRelease {
  const [from, to] = ['registry.local/storefront:1.4.0', 'registry.local/storefront:1.5.0'];
  const repoint = { kind: 'ConfigMap', from: 'web-config', to: 'web-config-0123456789' } as const;
  return {
    plan: {
      kind,
      subject: 'deployment shop/web',
      changes: [
        { what: 'image of web', from, to },
        { what: 'reference to ConfigMap web-config', from: repoint.from, to: repoint.to },
        { what: 'web-config: GREETING', from: 'Welcome to the storefront', to: 'Hello from 1.5.0' },
      ],
      wayBack: 'image and references go back; the earlier pods stay until the new ones are ready',
      notes: [],
      hash: idlePlanHash,
    },
    release: { image: to, repoints: [repoint] },
    before: {
      image: from,
      repoints: [{ ...repoint, from: repoint.to, to: repoint.from }],
      replicas: 4,
      route: { backends: [] },
    },
    newConfigMaps: [repoint.to],
  };
}

/** As many points as half a minute of a canary leaves behind. */
function watched(): WatchResult {
  const at = new Date().toISOString();
  const point = { at, weight: 25, canary: noCounts, stable: noCounts };
  return {
    verdict: 'good',
    reason: 'no worse than the stable version',
    decidedAt: at,
    carried: { judgement: emptyJudgement, marks: { canary: {}, stable: {} } },
    points: Array.from({ length: 30 }, () => point),
  };
}

const up: CanaryUp = { text: '1 of 1 pods ready', replicaSet: 'web-canary-5d9f' };

const answers: Record<string, () => unknown> = {
  planDeploy: () => planOf('deploy'),
  planCanary: () => planOf('canary'),
  bringUpCanary: () => up,
  watchCanary: watched,
};

function idle(activities: object): Activities {
  const made = Object.keys(activities).map((name) => [name, () => Promise.resolve(answers[name]?.() ?? 'done')]);
  return beating(Object.fromEntries(made) as Activities);
}

/** Activities of the product's names that do nothing; they beat as the real ones do. */
export function createIdleActivities(): { cluster: Activities; runbooks: Activities } {
  // The names are all that is taken from the real ones: this address is never asked.
  const api = new KubernetesApi(new KubeConfig());
  return { cluster: idle(createClusterActivities(api)), runbooks: idle(createRunbookActivities()) };
}
