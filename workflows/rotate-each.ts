import {
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  executeChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { workflowIdOf } from '../core/names.js';
import type { RotationState, RunRecord } from '../core/record.js';
import type { Rotate } from '../runbooks/rotate.js';
import { causeOf, failure } from './failures.js';
import type { RunInput } from './messages.js';
import type { Run } from './run.js';

type Asked = Omit<RunInput<unknown>, 'runbook'>;

/**
 * Replaces several credentials, each by a run of its own under the id that is its lock: those of one service one after another, services
 * side by side. One that fails stops none of the others; what became of each stands in the record.
 */
export async function rotateEach(run: Run, asked: Asked, runbooks: readonly Rotate[]): Promise<void> {
  const states = runbooks.map((runbook): RotationState => {
    const { credential, service } = runbook;
    return { credential, service, workflowId: workflowIdOf(runbook), state: 'waiting' };
  });
  run.record.rotations = states;
  const services = new Map<string, Array<() => Promise<void>>>();
  runbooks.forEach((runbook, index) => {
    const state = states[index] as RotationState;
    const others = services.get(runbook.service) ?? [];
    services.set(runbook.service, [...others, () => rotateOne(run, asked, runbook, state)]);
  });
  const ends = [...services.values()].map(async (rotations) => {
    for (const rotate of rotations) await rotate();
  });
  // Those that are cancelled take themselves back first.
  await Promise.allSettled(ends);
  if (run.scope.consideredCancelled) throw new CancelledFailure('stopped');
}

async function rotateOne(run: Run, asked: Asked, runbook: Rotate, state: RotationState): Promise<void> {
  if (run.scope.consideredCancelled) return;
  state.state = 'rotating';
  try {
    await run.tell(
      `rotate ${runbook.credential}`,
      () => child(asked, runbook),
      ({ outcome }) => outcome?.message ?? '',
    );
    state.state = 'proven';
  } catch (error) {
    const { code, message } = causeOf(error);
    Object.assign(state, { state: 'failed', code, why: message });
  }
}

async function child({ reason, ...asked }: Asked, runbook: Rotate): Promise<RunRecord> {
  const { credential, service, environment } = runbook;
  const title = `rotate ${credential} of ${service} in ${environment}`;
  const why = reason !== undefined && { reason };
  const workflowId = workflowIdOf(runbook);
  try {
    return await executeChild<(given: RunInput<Rotate>) => Promise<RunRecord>>('rotate', {
      workflowId,
      args: [{ ...asked, ...why, runbook }],
      memo: { title, requestedBy: asked.requestedBy, ...why, campaign: workflowInfo().workflowId },
      staticSummary: title,
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      parentClosePolicy: 'REQUEST_CANCEL',
    });
  } catch (error) {
    throw asFailure(workflowId, error);
  }
}

function asFailure(workflowId: string, error: unknown): unknown {
  const see = `see "runbook describe ${workflowId}"`;
  if (error instanceof WorkflowExecutionAlreadyStartedError)
    return failure('Locked', `another run of it is open; ${see}`);
  if (!(error instanceof ChildWorkflowFailure && error.cause instanceof ApplicationFailure)) return error;
  const { code, message } = causeOf(error.cause);
  return failure(code, `${message}; ${see}`);
}

/** What has become of them, in a sentence. @throws PartlyDone naming what is left, NotUndone where one has failed past its way back. */
export function demandAll({ rotations = [] }: RunRecord): string {
  const proven = rotations.filter(({ state }) => state === 'proven').map(({ credential }) => credential);
  const left = rotations.filter(({ state }) => state !== 'proven');
  if (rotations.length === 0) return 'nothing was to be replaced';
  if (left.length === 0) return `replaced and proven: ${proven.join(', ')}`;
  const named = left.map(({ credential, why = 'not begun' }) => `${credential} (${why})`).join('; ');
  const isWorse = left.some(({ code }) => code === 'NotUndone');
  throw failure(
    isWorse ? 'NotUndone' : 'PartlyDone',
    `${proven.length} of ${rotations.length} are replaced and proven; left: ${named}`,
  );
}
