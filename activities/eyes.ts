import { messageOf, RunbookError } from '../core/errors.js';
import type { Series } from '../policies/counters.js';
import type { Judge } from '../runbooks/judge.js';
import { parseExposition } from '../systems/exposition.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { canaryTarget } from '../systems/kubernetes/canary.js';
import { runningPods, scrapePod, type PodAddress } from '../systems/kubernetes/pod-metrics.js';
import type { Target } from '../systems/kubernetes/release.js';
import { readSamples } from '../systems/prometheus.js';
import type { Samples } from './observation.js';

/** Whose metrics are looked at. */
export interface SightInput {
  target: Target;
  /** The canary's ReplicaSet: only its pods are this run's. */
  replicaSet: string;
  judge: Judge;
}

export interface Seen {
  canary: Samples;
  stable: Samples;
}

/** Something that sees what both sides have answered. */
export interface Eye {
  name: 'prometheus' | 'pods';
  /** @throws RunbookError MetricsUnreachable while it cannot see. */
  read(rangeSeconds: number): Promise<Seen>;
}

/** Regular expressions for the names of each side's pods. */
export function podPatterns({ target, replicaSet }: SightInput): { canary: string; stable: string } {
  return {
    canary: `${replicaSet}-[a-z0-9]{5}`,
    // The ReplicaSet controller names pods DEPLOYMENT-HASH-SUFFIX; the canary's have one part more and do not match.
    stable: `${target.deployment}-[a-z0-9]+-[a-z0-9]{5}`,
  };
}

/** Sees through Prometheus: as often as that scrapes. */
export function prometheusEye(input: SightInput, prometheus: string): Eye {
  const { requests, latency, namespaceLabel, podLabel } = input.judge;
  const patterns = podPatterns(input);
  const side = async (pattern: string, rangeSeconds: number): Promise<Samples> => {
    const pods = `${namespaceLabel}="${input.target.namespace}",${podLabel}=~"${pattern}"`;
    const [counters, buckets] = await Promise.all([
      readSamples(prometheus, `${requests}{${pods}}`, rangeSeconds),
      readSamples(prometheus, `${latency}_bucket{${pods}}`, rangeSeconds),
    ]);
    return { requests: counters, buckets };
  };
  return {
    name: 'prometheus',
    async read(rangeSeconds) {
      const [canary, stable] = await Promise.all([
        side(patterns.canary, rangeSeconds),
        side(patterns.stable, rangeSeconds),
      ]);
      return { canary, stable };
    },
  };
}

/** How long a list of pods is good for. */
const podsKnownMs = 3000;

/** Sees the pods themselves: as often as it looks. */
export function podEye(input: SightInput, pods: NonNullable<Judge['pods']>, api: KubernetesApi): Eye {
  const { target, judge } = input;
  const patterns = podPatterns(input);
  let known: { canary: PodAddress[]; stable: PodAddress[] } | undefined;
  let knownAtMs = 0;
  const find = async () => {
    const named = async (deployment: string, pattern: string) =>
      (await runningPods(api, target.namespace, deployment)).filter(({ name }) =>
        new RegExp(`^${pattern}$`).test(name),
      );
    const [canary, stable] = await Promise.all([
      named(canaryTarget(target).deployment, patterns.canary),
      named(target.deployment, patterns.stable),
    ]);
    knownAtMs = Date.now();
    return (known = { canary, stable });
  };
  return {
    name: 'pods',
    async read() {
      const { canary, stable } =
        known && Date.now() - knownAtMs < podsKnownMs ? known : await find().catch(unreachable);
      if (canary.length === 0) throw new RunbookError('MetricsUnreachable', 'no pod of the canary runs');
      const read = (list: PodAddress[]) => scrapeAll(api, target.namespace, list, pods, judge);
      const [ofCanary, ofStable] = await Promise.all([read(canary), read(stable)]);
      if (ofCanary.failed > 0 || ofStable.failed > 0) known = undefined;
      return { canary: ofCanary.samples, stable: ofStable.samples };
    },
  };
}

function unreachable(error: unknown): never {
  throw new RunbookError('MetricsUnreachable', messageOf(error), { cause: error });
}

/** Reads some pods at once. One that does not answer is left out: it may be on its way out. None that answers: no sight. */
async function scrapeAll(
  api: KubernetesApi,
  namespace: string,
  pods: readonly PodAddress[],
  port: NonNullable<Judge['pods']>,
  judge: Judge,
): Promise<{ samples: Samples; failed: number }> {
  const buckets = `${judge.latency}_bucket`;
  const pages = await Promise.allSettled(
    pods.map(async (pod) => {
      const page = await scrapePod(api, namespace, pod, port);
      return { pod: pod.name, at: Date.now() / 1000, samples: parseExposition(page, [judge.requests, buckets]) };
    }),
  );
  const read = pages.flatMap((page) => (page.status === 'fulfilled' ? [page.value] : []));
  const refused = pages.find((page) => page.status === 'rejected');
  if (read.length === 0 && refused) unreachable(refused.reason);
  const seriesOf = (metric: string): Series[] =>
    read.flatMap(({ pod, at, samples }) =>
      samples
        .filter(({ name }) => name === metric)
        .map(({ labels, value }) => ({ labels: { ...labels, pod }, samples: [[at, value] as const] })),
    );
  return {
    samples: {
      requests: seriesOf(judge.requests),
      buckets: seriesOf(buckets),
    },
    failed: pages.length - read.length,
  };
}
