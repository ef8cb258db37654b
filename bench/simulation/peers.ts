import { recordCounters, successShare, type CountersSeen } from './counters-seen.js';
import type { Traffic } from './traffic.js';

interface Query {
  windowSeconds: number;
  lastTwo?: boolean;
  least: number;
}

/**
 * A metric of an AnalysisTemplate: https://argo-rollouts.readthedocs.io/en/stable/features/analysis/. The first measurement is
 * taken at once; more than `failureLimit` failed ones abort.
 */
interface ArgoRule extends Query {
  of: 'argo';
  intervalSeconds: number;
  failureLimit: number;
  /** The condition begins with `len(result) == 0 || isNaN(result[0]) ||`: no data is a success. */
  guarded: boolean;
}

/**
 * The request-success-rate of a Canary: https://docs.flagger.app/usage/how-it-works. No data is a failed check ("probably not
 * receiving traffic", pkg/controller/scheduler_metrics.go); the tick that finds `threshold` failed ones takes back, which is
 * the one after the last of them (pkg/controller/scheduler.go).
 */
interface FlaggerRule extends Query {
  of: 'flagger';
  intervalSeconds: number;
  threshold: number;
}

/** The peers' documented examples and defaults, and the tightest settings that make sense at a 15 s scrape. */
export const peerRules = {
  'Argo Rollouts, example of the documentation (irate[5m] ≥ 95 %, every 5 m, failureLimit 3)': {
    of: 'argo',
    windowSeconds: 300,
    lastTwo: true,
    least: 0.95,
    intervalSeconds: 300,
    failureLimit: 3,
    guarded: false,
  },
  'Argo Rollouts, ≥ 99 % over 60 s, every 60 s, failureLimit 0': {
    of: 'argo',
    windowSeconds: 60,
    least: 0.99,
    intervalSeconds: 60,
    failureLimit: 0,
    guarded: true,
  },
  'Argo Rollouts, ≥ 99 % over 35 s, every 15 s, failureLimit 0': {
    of: 'argo',
    windowSeconds: 35,
    least: 0.99,
    intervalSeconds: 15,
    failureLimit: 0,
    guarded: true,
  },
  'Flagger, example of the documentation (≥ 99 % over 1 m, every 1 m, threshold 10)': {
    of: 'flagger',
    windowSeconds: 60,
    least: 0.99,
    intervalSeconds: 60,
    threshold: 10,
  },
  'Flagger, defaults (≥ 99 % over 1 m, every 1 m, threshold 1)': {
    of: 'flagger',
    windowSeconds: 60,
    least: 0.99,
    intervalSeconds: 60,
    threshold: 1,
  },
  'Flagger, shortest (≥ 99 % over 1 m, every 10 s, threshold 1)': {
    of: 'flagger',
    windowSeconds: 60,
    least: 0.99,
    intervalSeconds: 10,
    threshold: 1,
  },
} as const satisfies Record<string, ArgoRule | FlaggerRule>;

export type PeerName = keyof typeof peerRules;

/** Retry and limit of measurements without a result: utils/defaults/defaults.go of Argo Rollouts. */
const argoErrors = { retrySeconds: 10, most: 4 };

/** In the peers' favour: two scrapes of a new pod take up to 30 s, and a Flagger that found nothing before is forgiven. */
const forgivenSeconds = 45;

function judgeByArgo(seen: CountersSeen, rule: ArgoRule, endsAtSeconds: number): number | undefined {
  let failed = 0;
  let errors = 0;
  for (let at = 0; at <= endsAtSeconds;) {
    const share = successShare(seen, at, rule);
    const unknown = share === undefined || Number.isNaN(share);
    if (share === undefined && !rule.guarded) {
      errors += 1;
      if (errors > argoErrors.most) return at;
      at += argoErrors.retrySeconds;
      continue;
    }
    errors = 0;
    // NaN >= 0.95 is false: without a guard it is a failed measurement.
    if (unknown ? !rule.guarded : share < rule.least) failed += 1;
    if (failed > rule.failureLimit) return at;
    at += rule.intervalSeconds;
  }
  return undefined;
}

function judgeByFlagger(seen: CountersSeen, rule: FlaggerRule, endsAtSeconds: number): number | undefined {
  let failed = 0;
  for (let at = rule.intervalSeconds; at <= endsAtSeconds; at += rule.intervalSeconds) {
    if (failed >= rule.threshold) return at;
    const share = successShare(seen, at, rule);
    const unknown = share === undefined || Number.isNaN(share);
    if (unknown ? at > forgivenSeconds : share < rule.least) failed += 1;
  }
  return undefined;
}

/** When each of the peers' rules takes a canary back, all on the same scrapes; undefined for one that never does. */
export function judgeByPeers(traffic: Traffic): Record<PeerName, number | undefined> {
  const seen = recordCounters(traffic);
  const judge = (rule: ArgoRule | FlaggerRule) =>
    rule.of === 'argo'
      ? judgeByArgo(seen, rule, traffic.endsAtSeconds)
      : judgeByFlagger(seen, rule, traffic.endsAtSeconds);
  return Object.fromEntries(Object.entries(peerRules).map(([name, rule]) => [name, judge(rule)])) as Record<
    PeerName,
    number | undefined
  >;
}
