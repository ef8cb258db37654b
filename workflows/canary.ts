import { patched } from '@temporalio/workflow';
import type { PlannedRelease } from '../activities/planning.js';
import type { CanaryMeasurements, RunRecord } from '../core/record.js';
import type { Canary } from '../runbooks/canary.js';
import { climb } from './climb.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { failure } from './failures.js';
import { permit } from './permit.js';
import { undoConfigMaps, undoImage, undoRelease } from './release.js';
import type { Run } from './run.js';
import { changing, observing, reading, undoing, watching } from './steps.js';
import { undoAround } from './way-back.js';

/** A router that has not confirmed its weight in so long is not waited for: the canary's own pods are made harmless. */
const confirmedWithinSeconds = 15;

/** A second Deployment takes a growing share of the traffic; when it is worse than the stable version, all of it goes back. */
export async function canary(input: RunInput<Canary>): Promise<RunRecord> {
  const { runbook } = input;
  const { target, config, traffic, rollout, smoke } = runbook;
  return conduct('canary', input, {
    plan: reading.planCanary,
    planAgain: changing.planCanary,
    act: async (run, planned) => {
      const { release, before } = planned;
      const measured: CanaryMeasurements = (run.record.measurements = { points: [] });
      undoAround(run, runbook, planned);
      // Runs of the first version left the ConfigMaps of a canary that was taken back before its last step.
      const cleans = patched('config-maps-of-a-canary');
      if (cleans) undoConfigMaps(run, runbook, planned);
      undoCanary(run, runbook, planned, measured);
      await run.step('make the new ConfigMaps', changing.createConfigMaps, { target, release, config });
      await climb(run, runbook, planned, measured);
      await permit(run, 'step');
      (cleans ? undoImage : undoRelease)(run, runbook, planned);
      await run.step('set image and references of the stable version', changing.setRelease, { target, release });
      await run.step('watch the rollout', watching.watchRollout, { target, timeoutSeconds: rollout.timeout });
      await run.read(
        'send all traffic to the stable version',
        watching.endTraffic,
        { target, traffic, before },
        () => 'in force',
      );
      await run.step('remove the canary', watching.takeDownCanary, { target, traffic });
      await run.step('smoke tests', observing.smokeTest, { checks: smoke });
      await run.step('read back', changing.confirmRelease, { target, release });
      return `${release.image} is released`;
    },
  });
}

/** Registers the way back of a canary: its traffic first, at once, then its pods. */
function undoCanary(
  run: Run,
  { target, traffic, rollout }: Canary,
  { before }: PlannedRelease,
  measured: CanaryMeasurements,
): void {
  let restored = false;
  run.undo.before(
    'remove the canary',
    async (call) => {
      if (!restored && patched('keeps-a-canary-with-traffic'))
        throw failure(
          'NotUndone',
          'it was left, for requests may still be sent there; remove it by hand once they are not',
        );
      await call(undoing.takeDownCanary, { target, traffic });
    },
    { afterAll: true },
  );
  run.undo.before(
    'give the canary’s pods the stable version',
    (call) => call(undoing.calmCanary, { target, release: before, timeoutSeconds: rollout.timeout }),
    { withinSeconds: rollout.timeout, unless: () => restored },
  );
  run.undo.before(
    'send all traffic to the stable version',
    async (call) => {
      measured.restoredAt = await call(undoing.endTraffic, { target, traffic, before });
      restored = true;
      if (measured.firstFailureAt !== undefined) {
        measured.restoreSeconds = (Date.parse(measured.restoredAt) - Date.parse(measured.firstFailureAt)) / 1000;
      }
    },
    { withinSeconds: confirmedWithinSeconds },
  );
}
