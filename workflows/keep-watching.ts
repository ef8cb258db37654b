import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { SightInput } from '../activities/eyes.js';
import type { Observation } from '../activities/observation.js';
import type { CanaryMeasurements } from '../core/record.js';
import { failure } from './failures.js';
import type { Run } from './run.js';
import type { watchAfter, WatchAfterResult } from './watch-after.js';

interface Watch {
  name: string;
  sight: SightInput;
  seconds: number;
  everySeconds: number;
  carried?: Observation | undefined;
}

/**
 * The comparison goes on as a child that sleeps between its looks, so that days of it cost this run's history nothing. What can
 * no longer be seen goes back or is asked about, as judge.unseen says.
 * @throws CanaryBad, CanaryUnseen.
 */
export async function keepWatching(run: Run, watch: Watch, measured: CanaryMeasurements): Promise<void> {
  const { sight, seconds } = watch;
  const endMs = Date.now() + seconds * 1000;
  let { carried } = watch;
  for (;;) {
    const left = Math.max(1, (endMs - Date.now()) / 1000);
    const result = await watchOnce(run, { ...watch, seconds: left, carried });
    const { verdict, reason, firstFailureAt, decidedAt, failedRequests } = result;
    carried = result.carried;
    Object.assign(measured, { verdict, reason, verdictAt: decidedAt, failedRequests });
    if (firstFailureAt !== undefined) measured.firstFailureAt = firstFailureAt;
    if (verdict === 'good') return;
    if (verdict === 'bad') throw failure('CanaryBad', reason);
    if (sight.judge.unseen.then !== 'ask') throw failure('CanaryUnseen', reason);
    const action = await run.askAfterLast();
    if (action === 'rollback') throw failure('CanaryUnseen', reason);
    if (action === 'skip') return;
  }
}

function watchOnce(run: Run, { name, sight, seconds, everySeconds, carried }: Watch): Promise<WatchAfterResult> {
  const { workflowId, runId } = workflowInfo();
  return run.tell(
    name,
    () =>
      executeChild<typeof watchAfter>('watchAfter', {
        workflowId: `${workflowId}/watch-${runId.slice(0, 8)}`,
        args: [{ sight, seconds, everySeconds, ...(carried && { carried }) }],
        staticSummary: 'the comparison goes on',
      }),
    (result) => `${result.verdict}: ${result.reason}`,
  );
}
