import { sleep } from '@temporalio/workflow';
import type { PlannedRelease } from '../activities/planning.js';
import { formatSeconds } from '../core/duration.js';
import type { CanaryMeasurements, RunRecord } from '../core/record.js';
import type { BlueGreen } from '../runbooks/blue-green.js';
import { conduct } from './conduct.js';
import { failure } from './failures.js';
import { keepWatching } from './keep-watching.js';
import type { RunInput } from './messages.js';
import { permit } from './permit.js';
import { undoRelease } from './release.js';
import type { Run } from './run.js';
import { changing, observing, reading, routing, undoing, watching } from './steps.js';
import { undoAround } from './way-back.js';

/** The switch back has not been confirmed in so long: the next rung is taken as well. */
const confirmedWithinSeconds = 15;

/** The next version stands beside the present one; all users are switched at once, and back at once while the old one is up. */
export async function blueGreen(input: RunInput<BlueGreen>): Promise<RunRecord> {
  const { runbook } = input;
  const { target, config, rollout, smoke, smokeBefore } = runbook;
  const { service } = runbook.switch;
  return conduct('blueGreen', input, {
    plan: reading.planBlueGreen,
    planAgain: changing.planBlueGreen,
    act: async (run, planned) => {
      const { release, before } = planned;
      const { selector = {}, replicas } = before;
      const measured: CanaryMeasurements = (run.record.measurements = { points: [] });
      undoAround(run, runbook, planned);
      undoSwitch(run, runbook, planned, measured);
      await run.step('make the new ConfigMaps', changing.createConfigMaps, { target, release, config });
      const pods = { target, service, release, timeoutSeconds: rollout.timeout };
      const preview = { ...pods, replicas: runbook.previewReplicas ?? replicas };
      await run.read('pods for the preview', watching.bringUpNext, preview, ({ text }) => text);
      await run.step('smoke tests of the preview', observing.smokeTest, { checks: smokeBefore });
      if (runbook.promote === 'ask') await askForSwitch(run);
      const { replicaSet } = await run.read(
        'pods for all users',
        watching.bringUpNext,
        { ...pods, replicas },
        ({ text }) => text,
      );
      await permit(run, 'step');
      await run.step('switch all users to the new version', routing.switchToNext, { target, service, selector });
      await run.step('smoke tests', observing.smokeTest, { checks: smoke });
      await keepOldVersion(run, runbook, replicaSet, measured);
      undoRelease(run, runbook, planned);
      await run.step('set image and references of the old version', changing.setRelease, { target, release });
      await run.step('watch the rollout', watching.watchRollout, { target, timeoutSeconds: rollout.timeout });
      await run.step('switch all users to the Deployment itself', changing.switchBack, { target, service, selector });
      await run.step('remove the second Deployment', watching.takeDownNext, { target, service });
      await run.step('read back', changing.confirmRelease, { target, release });
      return `${release.image} is released`;
    },
  });
}

/** A person looks at the preview first. */
async function askForSwitch(run: Run): Promise<void> {
  run.record.steps.push({
    name: 'look at the preview',
    state: 'asking',
    startedAt: new Date().toISOString(),
    attempt: 1,
  });
  // There is nothing to try again: whoever has looked says yes or no.
  const action = await run.askAfterLast(['skip', 'rollback'], { expected: true });
  if (action === 'rollback') throw failure('Rejected', 'the preview was not accepted');
}

/** The old version stays up for a while: the instant way back. Somebody may end that early by "promote". */
async function keepOldVersion(
  run: Run,
  { scaleDownDelay, judge, target }: BlueGreen,
  replicaSet: string,
  measured: CanaryMeasurements,
): Promise<void> {
  const name = `keep the old version up for ${formatSeconds(scaleDownDelay)}`;
  await run.compare(name, () =>
    judge
      ? keepWatching(
          run,
          { name, sight: { target, replicaSet, judge }, seconds: scaleDownDelay, everySeconds: 15 },
          measured,
        )
      : run.tell(
          name,
          () => sleep(scaleDownDelay * 1000, { summary: 'the old version is still up' }),
          () => 'nobody went back',
        ),
  );
}

function undoSwitch(
  run: Run,
  { target, rollout, switch: { service } }: BlueGreen,
  { before }: PlannedRelease,
  measured: CanaryMeasurements,
): void {
  const { selector = {} } = before;
  let restored = false;
  run.undo.before('remove the second Deployment', (call) => call(undoing.takeDownNext, { target, service }), {
    afterAll: true,
  });
  run.undo.before(
    'give the second Deployment the old version',
    (call) => call(undoing.calmCanary, { target, release: before, timeoutSeconds: rollout.timeout }),
    { withinSeconds: rollout.timeout, unless: () => restored },
  );
  run.undo.before(
    'switch all users back to the old version',
    async (call) => {
      measured.restoredAt = await call(undoing.switchBack, { target, service, selector });
      restored = true;
    },
    { withinSeconds: confirmedWithinSeconds },
  );
}
