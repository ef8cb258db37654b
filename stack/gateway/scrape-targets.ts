import type { V1Pod } from '@kubernetes/client-node';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reachPod } from '../simulated/pods/local-ports.js';

/** One entry of a file that Prometheus' file_sd reads. */
export interface ScrapeTarget {
  targets: string[];
  labels: Record<string, string>;
}

/** The pods that ask to be scraped, with the labels by which releases are compared. */
export function listScrapeTargets(pods: readonly V1Pod[]): ScrapeTarget[] {
  return pods
    .filter(({ metadata, status }) => {
      const asked = metadata?.annotations?.['prometheus.io/scrape'] === 'true';
      return asked && status?.phase === 'Running' && status.podIP !== undefined && !metadata.deletionTimestamp;
    })
    .flatMap((pod) => {
      const target = reachPod([pod], pod.status?.podIP ?? '', portOf(pod));
      return target === undefined ? [] : [{ targets: [target], labels: labelsOf(pod) }];
    })
    .sort((left, right) => (String(left.targets) < String(right.targets) ? -1 : 1));
}

/** Replaces the file in one step, because Prometheus reads it whenever it changes. */
export async function writeScrapeTargets(file: string, targets: readonly ScrapeTarget[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(targets, null, 1)}\n`);
  await rename(`${file}.new`, file);
}

function portOf({ metadata, spec }: V1Pod): string {
  const first = spec?.containers[0]?.ports?.[0]?.containerPort ?? 80;
  return metadata?.annotations?.['prometheus.io/port'] ?? String(first);
}

function labelsOf(pod: V1Pod): Record<string, string> {
  const labels = pod.metadata?.labels ?? {};
  const found = {
    namespace: pod.metadata?.namespace,
    pod: pod.metadata?.name,
    node: pod.spec?.nodeName,
    app: labels['app'],
    version: labels['app.kubernetes.io/version'],
    deployment: deploymentOf(pod),
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

// A ReplicaSet is named after its Deployment and the hash of its template.
function deploymentOf({ metadata }: V1Pod): string | undefined {
  const owner = metadata?.ownerReferences?.find(({ kind }) => kind === 'ReplicaSet')?.name;
  const hash = metadata?.labels?.['pod-template-hash'];
  return owner !== undefined && hash !== undefined && owner.endsWith(`-${hash}`)
    ? owner.slice(0, -hash.length - 1)
    : undefined;
}
