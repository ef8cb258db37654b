import { workflowInfo } from '@temporalio/workflow';
import type { RunRecord } from '../core/record.js';
import type { Backup } from '../runbooks/backup.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { planningBackup, storing, undoingBackup } from './steps.js';

/** Plan → each source → commit → copy → verify. Until it is committed there is no backup; after that it stays. */
export async function backup(input: RunInput<Backup>): Promise<RunRecord> {
  const { runbook } = input;
  return conduct('backup', input, {
    plan: planningBackup.planBackup,
    planAgain: planningBackup.planBackup,
    act: async (run) => {
      const { runId } = workflowInfo();
      const startedAt = new Date().toISOString();
      const id = nameBackup(startedAt, runId);
      const step = { runbook, id };
      run.undo.before('remove what is not whole', (call) => call(undoingBackup.removeUncommitted, step));
      for (const { name } of runbook.sources)
        await run.read(`back up ${name}`, storing.backUpSource, { ...step, source: name }, (result) => result);
      const finishedAt = new Date().toISOString();
      await run.read('commit', storing.commitBackup, { ...step, runId, startedAt, finishedAt }, (result) => result);
      run.undo.forget();
      run.record.backup = id;
      if (runbook.replica) await run.step('copy to the second bucket', storing.replicateBackup, step);
      await run.step('read every byte back', storing.verifyBackup, step);
      return `backup ${id} is ${runbook.replica ? 'committed, replicated and verified' : 'committed and verified'}`;
    },
  });
}

/** Sorts by time, and is the same whenever the run is replayed: `20260101T020000Z-1a2b3c4d`. */
export function nameBackup(startedAt: string, runId: string): string {
  const time = startedAt.slice(0, 19).replaceAll(/[-:]/g, '');
  return `${time}Z-${runId.replaceAll('-', '').slice(-8)}`;
}
