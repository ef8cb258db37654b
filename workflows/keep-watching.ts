import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { SightInput } from '../activities/eyes.js';
import type { Observation } from '../activities/observation.js';
import type { CanaryMeasurements } from '../core/record.js';
import { failure } from './failures.js';
import type { Run } from './run.js';
import type { watchAfter } from './watch-after.js';

interface Watch {
  name: string;
  sight: SightInput;
  seconds: number;
  everySeconds: number;
  carried?: Observation | undefined;
}

/**
 * The comparison goes on as a child that sleeps between its looks, so that days of it cost this run's history nothing.
 * @throws CanaryBad.
 */
export async function keepWatching(run: Run, watch: Watch, measured: CanaryMeasurements): Promise<void> {
  const { name, sight, seconds, everySeconds, carried } = watch;
  const { workflowId, runId } = workflowInfo();
  const { verdict, reason, firstFailureAt, decidedAt, failedRequests } = await run.tell(
    name,
    () =>
      executeChild<typeof watchAfter>('watchAfter', {
        workflowId: `${workflowId}/watch-${runId.slice(0, 8)}`,
        args: [{ sight, seconds, everySeconds, ...(carried && { carried }) }],
        staticSummary: 'the comparison goes on',
      }),
    (result) => `${result.verdict}: ${result.reason}`,
  );
  Object.assign(measured, { verdict, reason, verdictAt: decidedAt, failedRequests });
  if (firstFailureAt !== undefined) measured.firstFailureAt = firstFailureAt;
  if (verdict === 'bad') throw failure('CanaryBad', reason);
}
