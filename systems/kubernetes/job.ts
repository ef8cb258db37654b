import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import { resources, type KubernetesApi } from './api.js';
import type { Job, Pod } from './objects.js';
import { readDeployment, releasedContainer, type Release, type Target } from './release.js';
import { repoint } from './references.js';

/** Most text of a command that is kept: its end. */
const keptCharacters = 4000;

export interface CommandResult {
  exitCode: number;
  output: string;
}

/** The end of a command's output, without what looks like a secret. */
export function tail(text: string): string {
  const clean = redact(text).trim();
  return clean.length > keptCharacters ? `…${clean.slice(-keptCharacters)}` : clean;
}

/** Starts a Job that runs one command in the new image with the Deployment's environment. A second start finds the first. */
async function startJob(
  api: KubernetesApi,
  target: Target,
  release: Release,
  job: { name: string; command: string[]; timeoutSeconds: number },
): Promise<void> {
  const deployment = await readDeployment(api, target);
  const { template } = deployment.spec;
  const { name: released } = releasedContainer(deployment, target);
  const pod = repoint(template.spec, release.repoints);
  const {
    livenessProbe: _,
    readinessProbe: __,
    startupProbe: ___,
    lifecycle: ____,
    ports: _____,
    ...container
  } = pod.containers.find(({ name }) => name === released) as unknown as Record<string, unknown>;
  await api.apply<Job>(resources.jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace: target.namespace,
      name: job.name,
      labels: { 'app.kubernetes.io/managed-by': 'temporal-runbooks' },
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(job.timeoutSeconds),
      ttlSecondsAfterFinished: 86_400,
      template: {
        metadata: { labels: { 'app.kubernetes.io/managed-by': 'temporal-runbooks' } },
        spec: {
          ...pod,
          restartPolicy: 'Never',
          containers: [{ ...container, image: release.image, command: job.command, args: [] }],
        },
      },
    },
  } as Job);
}

async function podOf(api: KubernetesApi, namespace: string, job: string): Promise<Pod | undefined> {
  const pods = await api.list<Pod>(resources.pods, namespace, { 'batch.kubernetes.io/job-name': job });
  return pods[0];
}

/**
 * Runs one command in a Job and waits for its end. The name is the key: after a crash the same call finds the same Job.
 * @throws RunbookError MigrationFailed when its pod cannot start or it does not end in time.
 */
export async function runInJob(
  api: KubernetesApi,
  target: Target,
  release: Release,
  job: { name: string; command: string[]; timeoutSeconds: number },
): Promise<CommandResult> {
  const { namespace } = target;
  if (!(await api.find<Job>(resources.jobs, namespace, job.name))) await startJob(api, target, release, job);
  const end = Date.now() + job.timeoutSeconds * 1000;
  for (;;) {
    const { status } = await api.read<Job>(resources.jobs, namespace, job.name);
    const pod = await podOf(api, namespace, job.name);
    const container = pod?.status?.containerStatuses?.[0];
    const finished = status?.conditions?.find(
      ({ type, status: on }) => (type === 'Complete' || type === 'Failed') && on === 'True',
    );
    if (finished) {
      const output = pod ? tail(await api.logs(namespace, pod.metadata.name, 100)) : '';
      return {
        exitCode: container?.state?.terminated?.exitCode ?? (finished.type === 'Complete' ? 0 : 1),
        output: output || (finished.message ?? ''),
      };
    }
    const waiting = container?.state?.waiting?.reason;
    if (waiting && /BackOff|ErrImage|InvalidImage|ConfigError|CreateContainerError/.test(waiting)) {
      throw new RunbookError(
        'MigrationFailed',
        `job ${namespace}/${job.name}: expected its pod to start, found ${waiting}: ${redact(container.state?.waiting?.message ?? '')}`,
      );
    }
    if (Date.now() > end) {
      throw new RunbookError(
        'MigrationFailed',
        `job ${namespace}/${job.name}: expected an end within ${job.timeoutSeconds} s, found it running`,
      );
    }
    await sleep(500);
  }
}
