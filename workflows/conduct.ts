import { setHandler } from '@temporalio/workflow';
import type { Plan, RunKind, RunRecord } from '../core/record.js';
import type { Activity } from './activity.js';
import { Approvals } from './gate.js';
import { recordQuery, type RunInput } from './messages.js';
import { takeOrders } from './orders.js';
import { permit } from './permit.js';
import { Run, type Release } from './run.js';
import { causeOfEnd, close, settle } from './settle.js';
import { vouch } from './vouch.js';

/** The two parts in which release kinds differ: how they are planned, and what they do. */
interface Story<Runbook, Planned> {
  plan: Activity<{ runbook: Runbook }, Planned>;
  /** The same with more patience: people have approved the run, and a busy cluster must not lose that. */
  planAgain: Activity<{ runbook: Runbook }, Planned>;
  /** Does it, and says in a sentence what has come of it. */
  act: (run: Run, planned: Planned, approvals: Approvals) => Promise<string>;
}

/** A release from its plan to its end: plan, gate, plan again, act; when anything fails, everything is taken back. */
export async function conduct<Runbook extends Release, Planned extends { plan: Plan }>(
  kind: RunKind,
  input: RunInput<Runbook>,
  story: Story<Runbook, Planned>,
): Promise<RunRecord> {
  const run = new Run(kind, input);
  const approvals = new Approvals(run);
  const orders = takeOrders(run);
  run.teller.orders = orders;
  setHandler(recordQuery, () => run.record);
  run.enter('planning');
  try {
    await run.scope.run(async () => {
      await vouch(run);
      const planned = await agree(run, approvals, input, story);
      await permit(run, 'start');
      run.enter('acting');
      run.record.outcome = { name: 'succeeded', message: await story.act(run, planned, approvals) };
    });
  } catch (error) {
    const { overtaking } = orders;
    if (overtaking) {
      const { by, comment, input: next } = overtaking;
      const { image } = next.runbook;
      run.record.overtakenBy = { by, ...(image !== undefined && { image }), ...(comment !== undefined && { comment }) };
    }
    await settle(run, causeOfEnd(orders, error), orders.abort?.leave === true);
  }
  return close(run, orders);
}

/** Makes the plan and has it approved. The plan that is acted on is the one that was approved, made again just before. */
async function agree<Runbook extends Release, Planned extends { plan: Plan }>(
  run: Run,
  approvals: Approvals,
  input: RunInput<Runbook>,
  { plan, planAgain }: Story<Runbook, Planned>,
): Promise<Planned> {
  const show = (planned: Planned) => `${planned.plan.changes.length} change(s), plan ${planned.plan.hash.slice(0, 12)}`;
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
