import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { PlannedRestore, RestoreStep } from '../activities/restoring.js';
import type { ClusterStep } from '../activities/restoring-clusters.js';
import type { RunRecord } from '../core/record.js';
import type { Restore } from '../runbooks/restore.js';
import type { Activity } from './activity.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import type { Run } from './run.js';
import { planningBackup, restoring, undoingBackup } from './steps.js';

/** Plan → gate → restore → compare → check → name. Nobody can use what came back before all of it is whole. */
export async function restore(input: RunInput<Restore>): Promise<RunRecord> {
  const { runbook } = input;
  return conduct('restore', input, {
    plan: planningBackup.planRestore,
    planAgain: planningBackup.planRestore,
    act: async (run, { backup, databases, cluster }) => {
      const step = { runbook, backup, run: workflowInfo().runId };
      const whole = cluster === undefined ? undefined : restoreWhole(run, { ...step, cluster });
      registerDatabases(run, step, databases);
      if (databases.length > 0)
        await run.read('make the roles that are missing', restoring.makeRoles, step, (said) => said);
      for (const name of databases)
        await run.read(`restore ${name.from}`, restoring.restoreUnnamed, { ...step, ...name }, (said) => said);
      await whole?.bring();
      for (const name of databases)
        await run.read(`compare ${name.from}`, restoring.compareUnnamed, { ...step, ...name }, (said) => said);
      await whole?.compare();
      const checked = { ...step, ...(cluster !== undefined && { cluster }) };
      if (runbook.checks.length > 0) await run.step('checks', restoring.checkUnnamed, checked);
      for (const name of databases)
        await run.read(`name ${name.to}`, restoring.nameRestored, { ...step, ...name }, (said) => said);
      await whole?.name();
      const names = [...databases.map(({ to }) => to), ...(whole ? [whole.folder] : [])];
      return `backup ${backup}: ${names.join(', ')} came back whole`;
    },
  });
}

function registerDatabases(run: Run, step: RestoreStep, databases: PlannedRestore['databases']): void {
  for (const name of databases)
    run.undo.before(`remove ${name.to}, where this run has made it`, (call) =>
      call(undoingBackup.removeRestored, { ...step, ...name }),
    );
}

/** The steps of a whole cluster's way back, whose own way back is registered at once. */
function restoreWhole(run: Run, step: ClusterStep) {
  const folder = step.runbook.into.pgbackrest ?? '';
  const act = (what: string, activity: Activity<ClusterStep, string>) => run.read(what, activity, step, (said) => said);
  run.undo.before(`remove ${folder}, where this run has made it`, (call) => call(undoingBackup.removeCluster, step));
  return {
    folder,
    async bring() {
      await act(`restore ${step.cluster}`, restoring.restoreCluster);
      await act(`replay the log of ${step.cluster}`, restoring.replayCluster);
    },
    compare: () => act(`compare ${step.cluster}`, restoring.compareCluster),
    /** Last of all: from here on it is the operator's, who may have started it. */
    async name() {
      await act(`name ${folder}`, restoring.nameCluster);
      try {
        await act('hand over', restoring.handOverCluster);
      } catch (error) {
        if (!isCancellation(error))
          run.pointOfNoReturn = `all that came back is whole, and stays; remove .runbook-${step.run} in ${folder}`;
        throw error;
      }
    },
  };
}
