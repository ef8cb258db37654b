import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { RunRecord } from '../core/record.js';
import type { Backup } from '../runbooks/backup.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { near } from './near-source.js';
import type { Run } from './run.js';
import { retaining, storing, undoingBackup } from './steps.js';

/** Plan → each source → commit → copy → verify → retention. Until it is committed there is no backup; after that it stays. */
export async function backup(input: RunInput<Backup>): Promise<RunRecord> {
  const { runbook } = input;
  return conduct('backup', input, {
    plan: near(...runbook.sources).planningBackup.planBackup,
    planAgain: near(...runbook.sources).planningBackup.planBackup,
    act: async (run) => {
      const { runId } = workflowInfo();
      const startedAt = new Date().toISOString();
      const id = nameBackup(startedAt, runId);
      const step = { runbook, id };
      run.undo.before('remove what is not whole', (call) => call(undoingBackup.removeUncommitted, step));
      for (const source of runbook.sources) {
        const { backUpSource } = near(source).storing;
        await run.read(`back up ${source.name}`, backUpSource, { ...step, source: source.name }, (result) => result);
      }
      const finishedAt = new Date().toISOString();
      await run.read('commit', storing.commitBackup, { ...step, runId, startedAt, finishedAt }, (result) => result);
      run.undo.forget();
      run.record.backup = id;
      if (runbook.replica) await run.step('copy to the second bucket', storing.replicateBackup, step);
      await run.step('read every byte back', storing.verifyBackup, step);
      if (runbook.retention) await retain(run, runbook);
      return `backup ${id} is ${runbook.replica ? 'committed, replicated and verified' : 'committed and verified'}`;
    },
  });
}

/** A backup that is verified is one, whatever becomes of older ones: what went wrong is told by the step. */
async function retain(run: Run, runbook: Backup): Promise<void> {
  const summary = 'retention';
  try {
    const apply = () => retaining.applyRetention.executeWithOptions({ summary }, [{ runbook }]);
    await run.tell(summary, apply, (said) => said);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

/** Sorts by time, and is the same whenever the run is replayed: `20260101T020000Z-1a2b3c4d`. */
export function nameBackup(startedAt: string, runId: string): string {
  const time = startedAt.slice(0, 19).replaceAll(/[-:]/g, '');
  return `${time}Z-${runId.replaceAll('-', '').slice(-8)}`;
}
