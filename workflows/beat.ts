import { isCancellation } from '@temporalio/workflow';
import type { RunRecord } from '../core/record.js';
import type { Beat } from '../runbooks/beat.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { near } from './near-source.js';
import { planningBackup } from './steps.js';

/** Plan → mark each server → look at the backups. A server that is down keeps nobody from hearing that backups are old. */
export async function beat(input: RunInput<Beat>): Promise<RunRecord> {
  const { runbook } = input;
  return conduct('beat', input, {
    plan: planningBackup.planBeat,
    planAgain: planningBackup.planBeat,
    act: async (run) => {
      let failed: unknown;
      for (const source of runbook.backup.sources) {
        if (source.kind !== 'postgres') continue;
        const { markRows } = near(source).planningBackup;
        try {
          await run.step(`mark ${source.name}`, markRows, { runbook, source: source.name });
        } catch (error) {
          if (isCancellation(error)) throw error;
          failed ??= error;
        }
      }
      const said = await run.step('look at the backups', planningBackup.watchBackups, { runbook });
      if (failed) throw failed as Error;
      return said;
    },
  });
}
