import { workflowInfo } from '@temporalio/workflow';
import type { RunRecord } from '../core/record.js';
import type { Restore } from '../runbooks/restore.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { planningBackup, restoring, undoingBackup } from './steps.js';

/** Plan → gate → restore → compare → check → name. Nobody can use what came back before all of it is whole. */
export async function restore(input: RunInput<Restore>): Promise<RunRecord> {
  const { runbook } = input;
  return conduct('restore', input, {
    plan: planningBackup.planRestore,
    planAgain: planningBackup.planRestore,
    act: async (run, { backup, databases }) => {
      const step = { runbook, backup, run: workflowInfo().runId };
      for (const name of databases)
        run.undo.before(`remove ${name.to}, where this run has made it`, (call) =>
          call(undoingBackup.removeRestored, { ...step, ...name }),
        );
      await run.read('make the roles that are missing', restoring.makeRoles, step, (said) => said);
      for (const name of databases)
        await run.read(`restore ${name.from}`, restoring.restoreUnnamed, { ...step, ...name }, (said) => said);
      for (const name of databases)
        await run.read(`compare ${name.from}`, restoring.compareUnnamed, { ...step, ...name }, (said) => said);
      if (runbook.checks.length > 0) await run.step('checks', restoring.checkUnnamed, step);
      for (const name of databases)
        await run.read(`name ${name.to}`, restoring.nameRestored, { ...step, ...name }, (said) => said);
      return `backup ${backup}: ${databases.map(({ to }) => to).join(', ')} came back whole`;
    },
  });
}
