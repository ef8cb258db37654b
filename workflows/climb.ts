import type { ApplicationFailure } from '@temporalio/workflow';
import type { SightInput } from '../activities/eyes.js';
import type { WatchResult } from '../activities/judging.js';
import type { Observation } from '../activities/observation.js';
import type { PlannedRelease } from '../activities/planning.js';
import type { ErrorCode } from '../core/errors.js';
import type { CanaryMeasurements } from '../core/record.js';
import type { Canary, CanaryStep } from '../runbooks/canary.js';
import { failure } from './failures.js';
import { keepWatching } from './keep-watching.js';
import { permit } from './permit.js';
import type { Run } from './run.js';
import { observing, routing, watching } from './steps.js';

/** From weight to weight, as long as the canary is no worse than the stable version; then on, for as long as the runbook says. */
export async function climb(
  run: Run,
  runbook: Canary,
  { release, before }: PlannedRelease,
  measured: CanaryMeasurements,
): Promise<void> {
  const { target, traffic, judge, rollout } = runbook;
  let carried: Observation | undefined;
  let sight: SightInput | undefined;
  for (const step of runbook.steps) {
    const { weight } = step;
    await permit(run, 'step');
    const pods = { target, traffic, release, weight, replicas: before.replicas, timeoutSeconds: rollout.timeout };
    const { replicaSet } = await run.read(`pods for ${weight} %`, watching.bringUpCanary, pods, ({ text }) => text);
    const isFirst = sight === undefined;
    sight = { target, replicaSet, judge };
    if (isFirst) await run.step('see the canary’s metrics', observing.awaitSight, sight);
    await run.step(`send ${weight} % to the canary`, routing.setTraffic, {
      target,
      traffic,
      weight,
      replicas: before.replicas,
    });
    carried =
      (await run.compare(`compare at ${weight} %`, () => compare(run, sight, step, carried, measured))) ?? carried;
  }
  const { watchAfter: after } = runbook;
  if (after && sight) {
    const name = 'watch after the last step';
    const watch = { name, sight, seconds: after.for, everySeconds: after.every, carried };
    await run.compare(name, () => keepWatching(run, watch, measured));
  }
}

/** Compares at one weight. What cannot be seen is held; when that lasts, policy says what becomes of it. */
async function compare(
  run: Run,
  sight: SightInput | undefined,
  step: CanaryStep,
  carried: Observation | undefined,
  measured: CanaryMeasurements,
): Promise<Observation | undefined> {
  if (!sight) return undefined;
  // Only the cluster's worker may read the pods themselves.
  const eye = sight.judge.pods ? watching : observing;
  let known = carried;
  for (;;) {
    const watch = { ...sight, step, ...(known && { carried: known }) };
    const seen = await run.read(
      `compare at ${step.weight} %`,
      eye.watchCanary,
      watch,
      ({ verdict, reason }) => `${verdict}: ${reason}`,
    );
    known = seen.carried;
    noteVerdict(measured, seen);
    run.changed();
    if (seen.verdict === 'good') return known;
    if (seen.verdict === 'bad') throw endOf(run, 'CanaryBad', seen);
    if (sight.judge.unseen.then !== 'ask') throw endOf(run, 'CanaryUnseen', seen);
    const action = await run.askAfterLast();
    if (action === 'rollback') throw endOf(run, 'CanaryUnseen', seen);
    if (action === 'skip') return known;
  }
}

/** A comparison that ends the run was made, and yet it has not passed. */
function endOf(run: Run, code: ErrorCode, { reason }: WatchResult): ApplicationFailure {
  const step = run.record.steps.at(-1);
  if (step) step.state = 'failed';
  return failure(code, reason);
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
