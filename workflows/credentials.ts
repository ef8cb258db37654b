import type { PlannedNight } from '../activities/planning-rotations.js';
import { workflowIdOf } from '../core/names.js';
import type { RunRecord } from '../core/record.js';
import type { Credentials } from '../runbooks/credentials.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { readCredentials } from './read-credentials.js';
import { demandAll, rotateEach } from './rotate-each.js';
import { observing } from './steps.js';

/**
 * One night of an inventory: plan → replace those whose turn it is, each by a run of its own → tell monitoring how all stand. The gate is
 * asked by each of those runs. A freeze fails no night: nothing's turn is in one.
 */
export async function credentials(input: RunInput<Credentials>): Promise<RunRecord> {
  const { gate: _, permission: __, ...ungated } = input;
  const { runbook } = input;
  const plan = { executeWithOptions: () => planNight(input) };
  return conduct('credentials', ungated, {
    plan,
    planAgain: plan,
    act: async (run, { turns }) => {
      const tonight = new Map(turns.flatMap((turn) => (turn.tonight ? [[turn.credential, turn]] : [])));
      const due = runbook.credentials.flatMap((each) => {
        const turn = tonight.get(each.credential);
        return turn ? [{ ...each, reason: turn.reason }] : [];
      });
      await rotateEach(run, input, due);
      const statuses = await readCredentials({ runbooks: runbook.credentials });
      const said = await run.step('tell monitoring', observing.watchCredentials, { statuses });
      return `${demandAll(run.record)}; ${said}`;
    },
  });
}

/** Whose turn it is. */
export async function planNight({ runbook, permission }: RunInput<Credentials>): Promise<PlannedNight> {
  const { service, environment } = runbook;
  const statuses = await readCredentials({ runbooks: runbook.credentials });
  const { calendar } = permission ?? {};
  return observing.planNight.executeWithOptions({ summary: 'whose turn is it?' }, [
    { service, environment, statuses, workflowId: workflowIdOf(runbook), ...(calendar && { calendar }) },
  ]);
}
