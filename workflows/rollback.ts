import { isCancellation } from '@temporalio/workflow';
import type { RunRecord } from '../core/record.js';
import type { Rollback } from '../runbooks/rollback.js';
import type { FlagRung } from '../runbooks/way-back.js';
import { conduct } from './conduct.js';
import { causeOf } from './failures.js';
import type { RunInput } from './messages.js';
import { undoRelease } from './release.js';
import type { Run } from './run.js';
import { changing, observing, reading, watching } from './steps.js';
import { undoAround } from './way-back.js';

/** Back to a release that ran here before: flag off, image and references, rollout, Git, caches, data. No analysis, no freeze. */
export async function rollback({ permission: _, ...input }: RunInput<Rollback>): Promise<RunRecord> {
  const { runbook } = input;
  const { service, target, rollout, smoke, wayBack } = runbook;
  const { flag, git, afterwards } = wayBack;
  return conduct('rollback', input, {
    plan: reading.planRollback,
    planAgain: changing.planRollback,
    act: async (run, planned) => {
      const { release, before } = planned;
      const { runId } = run.record;
      const stillOn = flag && (await switchFlagOff(run, flag));
      // The flag stays off, whatever becomes of the rest. Git goes forward again with the cluster, by a commit of its own.
      undoAround(run, { ...runbook, wayBack: { afterwards, ...(git && { git }) } }, planned, `${runId}-undo`);
      undoRelease(run, runbook, planned);
      await run.step('set image and references', changing.setRelease, { target, release });
      await run.step('watch the rollout', watching.watchRollout, { target, timeoutSeconds: rollout.timeout });
      await run.step('smoke tests', observing.smokeTest, { checks: smoke });
      await run.step('read back', changing.confirmRelease, { target, release });
      if (git && release.image !== before.image) {
        const back = { git, service, runId, from: before.image, to: release.image };
        await run.step('set the image back in Git', observing.revertInGit, back);
      }
      if (afterwards.warm.length > 0)
        await run.step('warm the caches', observing.warmCaches, { addresses: afterwards.warm });
      if (afterwards.consistent.length > 0)
        await run.step('check that the data is consistent', observing.checkConsistency, {
          checks: afterwards.consistent,
        });
      return `${release.image} is back${stillOn === undefined ? '' : `; the flag was NOT switched off: ${stillOn}`}`;
    },
  });
}

/** The fastest rung, and no condition: a flag server that does not answer holds nothing up. Answers why it is still on. */
async function switchFlagOff(run: Run, flag: FlagRung): Promise<string | undefined> {
  const name = `switch the flag ${flag.flag} off`;
  const options = { summary: name, scheduleToCloseTimeout: (flag.within + 5) * 1000 };
  try {
    await run.tell(
      name,
      () => observing.switchFlagOff.executeWithOptions(options, [{ flag }]),
      (text) => text,
    );
    return undefined;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return causeOf(error).message;
  }
}
