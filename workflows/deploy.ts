import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { PlannedRelease } from '../activities/planning.js';
import type { RunRecord } from '../core/record.js';
import type { Deploy } from '../runbooks/deploy.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { undoRelease } from './release.js';
import type { Run } from './run.js';
import { undoAround } from './way-back.js';
import { changing, observing, reading, undoing, watching } from './steps.js';

/** Plan → gate → migrations → new image and config → rollout → smoke tests; undone when a step fails. */
export async function deploy(input: RunInput<Deploy>): Promise<RunRecord> {
  const { runbook } = input;
  const { target, config, migrations, rollout, smoke } = runbook;
  return conduct('deploy', input, {
    plan: reading.planDeploy,
    planAgain: changing.planDeploy,
    act: async (run, planned) => {
      const { release } = planned;
      undoAround(run, runbook, planned);
      undoRelease(run, runbook, planned);
      await run.step('make the new ConfigMaps', changing.createConfigMaps, { target, release, config });
      if (migrations?.in === 'job') await migrate(run, runbook, planned);
      await run.step('set image and references', changing.setRelease, { target, release });
      await run.step('watch the rollout', watching.watchRollout, { target, timeoutSeconds: rollout.timeout });
      if (migrations?.in === 'pod') await migrate(run, runbook, planned);
      await run.step('smoke tests', observing.smokeTest, { checks: smoke });
      await run.step('read back', changing.confirmRelease, { target, release });
      return `${release.image} is released`;
    },
  });
}

async function migrate(run: Run, { target, migrations }: Deploy, { release }: PlannedRelease): Promise<void> {
  if (!migrations) return;
  const { in: where, timeout: timeoutSeconds } = migrations;
  // An object's name has 63 characters at most.
  const key = (part: string) => `${target.deployment.slice(0, 34)}-${part}-${workflowInfo().runId.slice(-12)}`;
  const command = (part: string, words: string[]) => ({
    target,
    release,
    in: where,
    command: words,
    timeoutSeconds,
    key: key(part),
  });
  const { image } = release;
  const before = await run.step('schema before', watching.runMigration, command('schema-before', migrations.current));
  const { pointOfNoReturn: advice } = migrations;
  if (advice !== undefined) {
    run.undo.before('take the mark of the point of no return off', (call) =>
      call(undoing.unmarkPointOfNoReturn, { target, image }),
    );
    await run.step('mark the point of no return', changing.markPointOfNoReturn, { target, image, advice });
  }
  try {
    await run.step('migrate', watching.runMigration, command('migrate', migrations.upgrade));
  } catch (error) {
    // One that was aborted or failed may have changed the schema half-way.
    const now = () => watching.runMigration(command('schema-now', migrations.current));
    if (advice !== undefined && (await CancellationScope.nonCancellable(now).catch(() => undefined)) !== before)
      run.pointOfNoReturn = advice;
    throw error;
  }
  // From here on the schema may be the new one, whatever the next command says.
  run.pointOfNoReturn = advice;
  const after = await run.step('schema after', watching.runMigration, command('schema-after', migrations.current));
  if (advice !== undefined && after === before) {
    run.pointOfNoReturn = undefined;
    await run.step('the schema is as it was', changing.unmarkPointOfNoReturn, { target, image });
  }
}
