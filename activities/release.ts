import { activityInfo } from '@temporalio/activity';
import { RunbookError } from '../core/errors.js';
import type { Deploy } from '../runbooks/deploy.js';
import { resources, type KubernetesApi } from '../systems/kubernetes/api.js';
import { runInJob, type CommandResult } from '../systems/kubernetes/job.js';
import { runInPod } from '../systems/kubernetes/pod-command.js';
import { clearPointOfNoReturn, setPointOfNoReturn } from '../systems/kubernetes/point-of-no-return.js';
import { referencesOf } from '../systems/kubernetes/references.js';
import {
  applyRelease,
  createConfigMap,
  readDeployment,
  releasedContainer,
  showTarget,
  type Release,
  type Target,
} from '../systems/kubernetes/release.js';
import { awaitRollout } from './rollout.js';

export interface Released {
  target: Target;
  release: Release;
}

export interface MigrationCommand {
  target: Target;
  release: Release;
  in: 'job' | 'pod';
  command: string[];
  timeoutSeconds: number;
  /** Makes the Job's name: the same for every attempt of one step of one run. */
  key: string;
}

interface Mark {
  target: Target;
  image: string;
}

function thisRun(): string {
  return activityInfo().workflowExecution?.runId ?? '';
}

/** Activities that change a Deployment's image and configuration and watch what comes of it. */
export function createReleaseActivities(api: KubernetesApi) {
  return {
    /** Makes the new versions of the ConfigMaps. Nothing refers to them yet. */
    async createConfigMaps({ target, release, config }: Released & { config: Deploy['config'] }): Promise<string> {
      const made = release.repoints.filter(({ kind }) => kind === 'ConfigMap').map(({ to }) => to);
      for (const name of made) {
        const base = name.replace(/-[0-9a-f]{10}$/, '');
        await createConfigMap(api, target.namespace, name, config.configMaps[base] ?? {});
      }
      return made.join(', ') || 'none needed';
    },

    /** Removes ConfigMaps that this run made. Gone already is fine. */
    async removeConfigMaps({ target, names }: { target: Target; names: string[] }): Promise<string> {
      for (const name of names) await api.remove(resources.configMaps, target.namespace, name);
      return names.join(', ');
    },

    /** Sets image and references. */
    async setRelease({ target, release }: Released): Promise<string> {
      const { metadata } = await applyRelease(api, target, release);
      return `${release.image}, generation ${metadata.generation}`;
    },

    /**
     * Waits until every pod runs the newest version, or fails as soon as that cannot happen.
     * @throws RunbookError RolloutFailed.
     */
    async watchRollout({ target, timeoutSeconds }: { target: Target; timeoutSeconds: number }): Promise<string> {
      return (await awaitRollout(api, target, timeoutSeconds)).text;
    },

    /**
     * Reads back that the Deployment has this image and these references.
     * @throws RunbookError ReadBackFailed.
     */
    async confirmRelease({ target, release }: Released): Promise<string> {
      const deployment = await readDeployment(api, target);
      const { image } = releasedContainer(deployment, target);
      const names = referencesOf(deployment.spec.template.spec).map(({ kind, name }) => `${kind}/${name}`);
      const missing = release.repoints
        .map(({ kind, to }) => `${kind}/${to}`)
        .filter((wanted) => !names.includes(wanted));
      if (image === release.image && missing.length === 0)
        return [image, ...release.repoints.map(({ to }) => to)].join(', ');
      throw new RunbookError(
        'ReadBackFailed',
        `deployment ${showTarget(target)}: expected ${release.image} ${missing.join(' ')}, found ${image}; somebody else changes it`,
      );
    },

    /** Marks on the Deployment that releases older than this cannot run on the schema any more. */
    async markPointOfNoReturn({ target, image, advice }: Mark & { advice: string }): Promise<string> {
      await setPointOfNoReturn(api, target, { image, advice, at: new Date().toISOString(), run: thisRun() });
      return `releases before ${image} are not gone back to`;
    },

    /** Takes this run's mark off. One that an earlier release left holds again. */
    async unmarkPointOfNoReturn({ target }: Mark): Promise<string> {
      await clearPointOfNoReturn(api, target, thisRun());
      return 'earlier releases can be gone back to';
    },

    /**
     * Runs one migration command and answers what it printed.
     * @throws RunbookError MigrationFailed with the end of its output.
     */
    async runMigration({ target, release, command, timeoutSeconds, key, ...where }: MigrationCommand): Promise<string> {
      const result: CommandResult =
        where.in === 'job'
          ? await runInJob(api, target, release, { name: key, command, timeoutSeconds })
          : await runInPod(api, target, { command, timeoutSeconds });
      if (result.exitCode === 0) return result.output;
      throw new RunbookError(
        'MigrationFailed',
        `${command.join(' ')}: expected exit code 0, found ${result.exitCode}: ${result.output}`,
      );
    },
  };
}
