import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  executeChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { releaseWorkflowId } from '../core/names.js';
import type { RunRecord } from '../core/record.js';
import type { Canary } from '../runbooks/canary.js';
import type { Deploy } from '../runbooks/deploy.js';
import type { Rollback } from '../runbooks/rollback.js';
import type { Train } from '../runbooks/train.js';
import { conduct } from './conduct.js';
import { failure } from './failures.js';
import type { RunInput } from './messages.js';
import type { Run } from './run.js';
import { changing, reading, undoing } from './steps.js';

type Car = Train['releases'][number];

/** Several releases as one: planned together, approved once, out in order of dependence, taken back in reverse when one fails. */
export async function train(input: RunInput<Train>): Promise<RunRecord> {
  const { releases } = input.runbook;
  return conduct('train', input, {
    plan: reading.planTrain,
    planAgain: changing.planTrain,
    act: async (run) => {
      await leave(run, input, releases);
      return `${releases.map(({ runbook }) => `${runbook.service} ${runbook.image}`).join(', ')} are released`;
    },
  });
}

/** Each service as soon as those before it are out; the first that fails stops the others. */
async function leave(run: Run, input: RunInput<Train>, releases: readonly Car[]): Promise<void> {
  const out = new Map<string, Promise<void>>();
  const scope = new CancellationScope();
  const depart = async (car: Car): Promise<void> => {
    for (const service of car.after) await out.get(service);
    if (scope.consideredCancelled) throw new CancelledFailure('stopped before it began');
    await release(run, input, car);
  };
  // Those that others wait for stand before them in no particular order: each is started once all its promises are there.
  const waiting = [...releases];
  await scope.run(async () => {
    while (waiting.length > 0) {
      const index = waiting.findIndex(({ after }) => after.every((service) => out.has(service)));
      const [car] = waiting.splice(index, 1) as [Car];
      out.set(
        car.runbook.service,
        depart(car).catch((error: unknown) => {
          scope.cancel();
          throw error;
        }),
      );
    }
    const ends = await Promise.allSettled(out.values());
    const failed = ends.find((end) => end.status === 'rejected' && !isOnlyStopped(end.reason));
    const stopped = ends.find((end) => end.status === 'rejected');
    const end = failed ?? stopped;
    if (end?.status === 'rejected') throw end.reason;
  });
}

function isOnlyStopped(error: unknown): boolean {
  return error instanceof ApplicationFailure ? error.type === 'Aborted' : true;
}

/** One service, by a run of its own that people can look at and that holds the service's lock. */
async function release(run: Run, input: RunInput<Train>, { runbook }: Car): Promise<void> {
  const { service } = runbook;
  const record = await run.tell(
    `release ${service}`,
    () =>
      child(runbook.kind, { runbook, ...asked(input), ...permitted(input) }).catch((error: unknown) => {
        noteOwnWayBack(run, service, error);
        throw asFailure(service, error);
      }),
    ({ outcome }) => outcome?.message ?? '',
  );
  run.undo.before(`roll ${service} back`, async (call) => {
    const back = rollbackOf(runbook, record);
    if (!back) return;
    const { before } = await call(undoing.planRollback, { runbook: back });
    if (before.image !== runbook.image) {
      const found = `expected ${runbook.image} as this train released it, found ${before.image}`;
      throw failure('Refused', `${found}: somebody has released it since, so it was left as it is`);
    }
    await child('rollback', { runbook: back, ...asked(input) }).catch((error: unknown) => {
      throw asFailure(service, error);
    });
  });
}

/** A service whose own run failed has been taken back by that run, or has not: the train's end must say which. */
function noteOwnWayBack(run: Run, service: string, error: unknown): void {
  const record = recordOf(error);
  const name = `take ${service} back, by its own run`;
  if (record?.outcome?.name === 'undone') run.undo.before(name, () => Promise.resolve());
  if (record?.outcome?.name !== 'notUndone') return;
  const message = `it was not; see "runbook describe ${record.workflowId}"`;
  run.undo.before(name, () => Promise.reject(failure('NotUndone', message)));
}

function asked({ requestedBy, runbook }: RunInput<Train>): Pick<RunInput<unknown>, 'requestedBy' | 'reason'> {
  return { requestedBy, reason: `train ${runbook.service}` };
}

/** A release of a train is permitted as any other is: its environment's calendar, and what its image has proven. */
function permitted({ permission }: RunInput<Train>): Pick<RunInput<unknown>, 'permission'> {
  return permission ? { permission } : {};
}

/** What takes a release back that is out; undefined where it has changed nothing of the Deployment. */
function rollbackOf(runbook: Deploy | Canary, { imageBefore, plan }: RunRecord): Rollback | undefined {
  const changed = plan?.changes.some(({ what }) => /^(image of|reference to) /.test(what));
  if (!changed) return undefined;
  const { service, environment, target, rollout, wayBack } = runbook;
  // A release of other configuration only is the revision after the one that is gone back to.
  const image = imageBefore === runbook.image ? undefined : imageBefore;
  // Its smoke tests ask for the new version.
  const rest = { smoke: [], within: 5, onFailure: 'undo' as const, ...(image !== undefined && { image }) };
  return { kind: 'rollback', service, environment, target, rollout, wayBack, ...rest };
}

/** A run of a service of its own; its id is the service's lock. */
async function child(kind: string, input: RunInput<Deploy | Canary | Rollback>): Promise<RunRecord> {
  const { service, image = '' } = input.runbook;
  return executeChild<(given: RunInput<Deploy | Canary | Rollback>) => Promise<RunRecord>>(kind, {
    workflowId: releaseWorkflowId(input.runbook),
    args: [input],
    memo: { title: `${kind} ${service}`, requestedBy: input.requestedBy, train: workflowInfo().workflowId },
    staticSummary: `${kind} ${service} ${image}`,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    parentClosePolicy: 'REQUEST_CANCEL',
  });
}

/** The record that a run of a service leaves in its failure. */
function recordOf(error: unknown): RunRecord | undefined {
  if (!(error instanceof ChildWorkflowFailure && error.cause instanceof ApplicationFailure)) return undefined;
  return error.cause.details?.[0] as RunRecord | undefined;
}

function asFailure(service: string, error: unknown): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    const { workflowId } = error;
    return failure('Locked', `${service}: another run of it is open; see "runbook watch ${workflowId}"`);
  }
  const outcome = recordOf(error)?.outcome;
  return outcome?.code === undefined ? error : failure(outcome.code, `${service}: ${outcome.message}`);
}
