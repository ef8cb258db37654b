import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  executeChild,
  workflowInfo,
} from '@temporalio/workflow';
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
import { changing, reading } from './steps.js';

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
    await Promise.all(car.after.map((service) => out.get(service)));
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
    async () => {
      try {
        return await child(runbook.kind, releaseWorkflowId(runbook), { runbook, ...asked(input) });
      } catch (error) {
        throw asFailure(service, error);
      }
    },
    ({ outcome }) => outcome?.message ?? '',
  );
  run.undo.before(`roll ${service} back`, async () => {
    const back = rollbackOf(runbook, record);
    if (back) await child('rollback', releaseWorkflowId(runbook), { runbook: back, ...asked(input) });
  });
}

function asked({ requestedBy, runbook }: RunInput<Train>): Pick<RunInput<unknown>, 'requestedBy' | 'reason'> {
  return { requestedBy, reason: `train ${runbook.service}` };
}

function rollbackOf(runbook: Deploy | Canary, { imageBefore }: RunRecord): Rollback | undefined {
  if (imageBefore === undefined || imageBefore === runbook.image) return undefined;
  const { service, environment, target, rollout, wayBack } = runbook;
  // Its smoke tests ask for the new version.
  const rest = { smoke: [], within: 5, onFailure: 'undo' as const };
  return { kind: 'rollback', service, environment, target, rollout, wayBack, image: imageBefore, ...rest };
}

async function child(
  kind: string,
  workflowId: string,
  input: RunInput<Deploy | Canary | Rollback>,
): Promise<RunRecord> {
  return executeChild<(given: RunInput<Deploy | Canary | Rollback>) => Promise<RunRecord>>(kind, {
    workflowId,
    args: [input],
    memo: {
      title: `${kind} ${input.runbook.service}`,
      requestedBy: input.requestedBy,
      train: workflowInfo().workflowId,
    },
    staticSummary: `${kind} ${input.runbook.service} ${input.runbook.image ?? ''}`,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    parentClosePolicy: 'REQUEST_CANCEL',
  });
}

function asFailure(service: string, error: unknown): unknown {
  if (!(error instanceof ChildWorkflowFailure)) return error;
  const { cause } = error;
  const [record] = (cause instanceof ApplicationFailure ? cause.details : undefined) ?? [];
  const outcome = (record as RunRecord | undefined)?.outcome;
  return outcome?.code === undefined ? error : failure(outcome.code, `${service}: ${outcome.message}`);
}
