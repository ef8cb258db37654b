import { allHandlersFinished, ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { PlannedRelease } from '../activities/planning.js';
import type { OutcomeName, RunKind, RunRecord } from '../core/record.js';
import type { ErrorCode } from '../core/errors.js';
import type { Canary } from '../runbooks/canary.js';
import type { Deploy } from '../runbooks/deploy.js';
import type { Activity } from './activity.js';
import { causeOf, failure, type Cause } from './failures.js';
import { Approvals } from './gate.js';
import { abortUpdate, chooseUpdate, recordQuery, type AbortRequest, type Choice, type RunInput } from './messages.js';
import { Run } from './run.js';

/** The two parts in which release kinds differ: how they are planned, and what they do. */
interface Story<Runbook> {
  plan: Activity<{ runbook: Runbook }, PlannedRelease>;
  /** The same with more patience: people have approved the run, and a busy cluster must not lose that. */
  planAgain: Activity<{ runbook: Runbook }, PlannedRelease>;
  act: (run: Run, planned: PlannedRelease) => Promise<void>;
}

const endsBeforeActing: Partial<Record<ErrorCode, OutcomeName>> = { Rejected: 'rejected', ApprovalExpired: 'expired' };

/** A release from its plan to its end: plan, gate, plan again, act; when anything fails, everything is taken back. */
export async function conduct<Runbook extends Deploy | Canary>(
  kind: RunKind,
  input: RunInput<Runbook>,
  story: Story<Runbook>,
): Promise<RunRecord> {
  const run = new Run(kind, input);
  const approvals = new Approvals(run);
  const abort = handleAbort(run);
  setHandler(recordQuery, () => run.record);
  run.enter('planning');
  try {
    await run.scope.run(async () => {
      const planned = await agree(run, approvals, input, story);
      run.enter('acting');
      await story.act(run, planned);
    });
    run.record.outcome = { name: 'succeeded', message: `${input.runbook.image} is released` };
  } catch (error) {
    const request = abort();
    const why = request ? ` by ${request.by}${request.comment ? `: ${request.comment}` : ''}` : '';
    const cause = request ? { code: 'Aborted' as const, message: `aborted${why}` } : causeOf(error);
    await settle(run, cause, request?.leave === true);
  }
  return close(run);
}

/** Makes the plan and has it approved. The plan that is acted on is the one that was approved, made again just before. */
async function agree<Runbook>(
  run: Run,
  approvals: Approvals,
  input: RunInput<Runbook>,
  { plan, planAgain }: Story<Runbook>,
): Promise<PlannedRelease> {
  const show = (planned: PlannedRelease) =>
    `${planned.plan.changes.length} change(s), plan ${planned.plan.hash.slice(0, 12)}`;
  const { runbook, gate } = input;
  let planned = await run.read('plan', plan, { runbook }, show);
  run.record.plan = planned.plan;
  while (gate) {
    await approvals.pass(gate, planned.plan);
    const again = await run.read('plan again', planAgain, { runbook }, (now) =>
      now.plan.hash === planned.plan.hash
        ? 'nothing has changed since the approval'
        : `the world has changed, so the approval lapsed: ${show(now)}`,
    );
    const same = again.plan.hash === planned.plan.hash;
    planned = again;
    run.record.plan = again.plan;
    if (same) break;
    approvals.lapse();
  }
  return planned;
}

function handleAbort(run: Run): () => AbortRequest | undefined {
  let request: AbortRequest | undefined;
  setHandler(
    abortUpdate,
    (given) => {
      request = given;
      run.scope.cancel();
      return run.record.phase;
    },
    {
      validator: ({ by }) => {
        if (by === '') throw failure('Refused', 'expected "by": who aborts, found nothing');
        const { phase } = run.record;
        if (phase === 'undoing' || phase === 'finished') throw failure('Refused', `the run is ${phase} already`);
      },
    },
  );
  setHandler(
    chooseUpdate,
    (choice) => {
      run.choose(choice);
      return run.record.phase;
    },
    {
      validator: ({ by, action }: Choice) => {
        if (by === '') throw failure('Refused', 'expected "by": who chooses, found nothing');
        if (run.record.phase !== 'asking') throw failure('Refused', `nothing asks: the run is ${run.record.phase}`);
        if (!run.choices.includes(action))
          throw failure('Refused', `expected ${run.choices.join(', ')}, found ${action}`);
      },
    },
  );
  return () => request;
}

/** Takes back what was done, and says how that went. */
async function settle(run: Run, cause: Cause, leave: boolean): Promise<void> {
  const { record } = run;
  const early = endsBeforeActing[cause.code];
  if (run.undo.isEmpty) {
    record.outcome = { name: early ?? 'failed', ...cause, message: `${cause.message}; nothing was changed` };
    return;
  }
  if (leave) {
    record.outcome = {
      name: 'notUndone',
      code: 'NotUndone',
      message: `${cause.message}; everything was left as it stands`,
    };
    return;
  }
  run.enter('undoing');
  await run.undo.unwind((undone) => {
    record.undone.push(undone);
    run.changed();
  });
  const failed = record.undone.filter(({ error }) => error !== undefined);
  record.outcome =
    failed.length === 0
      ? { name: 'undone', code: cause.code, message: `${cause.message}; everything was taken back` }
      : {
          name: 'notUndone',
          code: 'NotUndone',
          message: `${cause.message}; NOT taken back: ${failed.map(({ name, error }) => `${name} (${error})`).join('; ')}`,
        };
}

/** Ends the workflow: completed after success, else failed with the outcome's code and the whole record. */
async function close(run: Run): Promise<RunRecord> {
  const { record } = run;
  record.finishedAt = new Date().toISOString();
  run.enter('finished');
  await condition(allHandlersFinished);
  const { outcome } = record;
  if (outcome?.code === undefined) return record;
  throw ApplicationFailure.create({
    message: outcome.message,
    type: outcome.code,
    nonRetryable: true,
    details: [record],
  });
}
