import type { Observation } from '../activities/observation.js';
import type { PlannedRelease } from '../activities/planning.js';
import type { WatchResult } from '../activities/judging.js';
import type { CanaryMeasurements, RunRecord } from '../core/record.js';
import type { Canary } from '../runbooks/canary.js';
import { conduct } from './conduct.js';
import { failure } from './failures.js';
import type { RunInput } from './messages.js';
import { undoRelease } from './release.js';
import type { Run } from './run.js';
import { changing, observing, reading, undoing, watching } from './steps.js';

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
      undoCanary(run, runbook, planned, measured);
      await run.step('make the new ConfigMaps', changing.createConfigMaps, { target, release, config });
      await climb(run, runbook, planned, measured);
      undoRelease(run, runbook, planned);
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
    },
  });
}

/** From weight to weight, as long as the canary is no worse than the stable version. */
async function climb(
  run: Run,
  runbook: Canary,
  { release, before }: PlannedRelease,
  measured: CanaryMeasurements,
): Promise<void> {
  const { target, traffic, judge, rollout } = runbook;
  let carried: Observation | undefined;
  for (const step of runbook.steps) {
    const { weight } = step;
    const pods = { target, traffic, release, weight, replicas: before.replicas, timeoutSeconds: rollout.timeout };
    const { replicaSet } = await run.read(`pods for ${weight} %`, watching.bringUpCanary, pods, ({ text }) => text);
    if (!carried) await run.step('see the canary’s metrics', observing.awaitSight, { target, replicaSet, judge });
    await run.step(`send ${weight} % to the canary`, watching.setTraffic, {
      target,
      traffic,
      weight,
      replicas: before.replicas,
    });
    const watch = { target, replicaSet, judge, step, ...(carried && { carried }) };
    const seen = await run.read(
      `compare at ${weight} %`,
      observing.watchCanary,
      watch,
      ({ verdict, reason }) => `${verdict}: ${reason}`,
    );
    carried = seen.carried;
    noteVerdict(measured, seen);
    run.changed();
    if (seen.verdict !== 'good') throw failure(seen.verdict === 'bad' ? 'CanaryBad' : 'CanaryUnseen', seen.reason);
  }
}

function noteVerdict(measured: CanaryMeasurements, { verdict, reason, decidedAt, carried, points }: WatchResult): void {
  const { firstFailureAtSeconds, canary: counts } = carried.judgement;
  measured.points.push(...points);
  Object.assign(measured, { verdict, reason, verdictAt: decidedAt, failedRequests: counts.failed });
  if (firstFailureAtSeconds !== undefined) {
    measured.firstFailureAt = new Date(firstFailureAtSeconds * 1000).toISOString();
    measured.detectionSeconds = Date.parse(decidedAt) / 1000 - firstFailureAtSeconds;
  }
}

/** Registers the way back of a canary: its traffic first, at once, then its pods. */
function undoCanary(
  run: Run,
  { target, traffic }: Canary,
  { before }: PlannedRelease,
  measured: CanaryMeasurements,
): void {
  run.undo.before('remove the canary', (call) => call(undoing.takeDownCanary, { target, traffic }));
  run.undo.before('send all traffic to the stable version', async (call) => {
    measured.restoredAt = await call(undoing.endTraffic, { target, traffic, before });
    if (measured.firstFailureAt !== undefined) {
      measured.restoreSeconds = (Date.parse(measured.restoredAt) - Date.parse(measured.firstFailureAt)) / 1000;
    }
  });
}
