import type { RunRecord } from '../core/record.js';
import type { Rollback } from '../runbooks/rollback.js';
import { conduct } from './conduct.js';
import type { RunInput } from './messages.js';
import { undoRelease } from './release.js';
import { changing, observing, reading, watching } from './steps.js';

/** Back to a release that ran here before: flag off, image and references, rollout, Git, caches, data. No analysis, no freeze. */
export async function rollback(input: RunInput<Rollback>): Promise<RunRecord> {
  const { runbook } = input;
  const { service, target, rollout, smoke, wayBack } = runbook;
  const { flag, git, afterwards } = wayBack;
  return conduct('rollback', input, {
    plan: reading.planRollback,
    planAgain: changing.planRollback,
    act: async (run, planned) => {
      const { release, before } = planned;
      if (flag) await run.step(`switch the flag ${flag.flag} off`, observing.switchFlagOff, { flag });
      undoRelease(run, runbook, planned);
      await run.step('set image and references', changing.setRelease, { target, release });
      await run.step('watch the rollout', watching.watchRollout, { target, timeoutSeconds: rollout.timeout });
      await run.step('smoke tests', observing.smokeTest, { checks: smoke });
      await run.step('read back', changing.confirmRelease, { target, release });
      if (git && release.image !== before.image) {
        const back = { git, service, runId: run.record.runId, from: before.image, to: release.image };
        await run.step('set the image back in Git', observing.revertInGit, back);
      }
      if (afterwards.warm.length > 0)
        await run.step('warm the caches', observing.warmCaches, { addresses: afterwards.warm });
      if (afterwards.consistent.length > 0)
        await run.step('check that the data is consistent', observing.checkConsistency, {
          checks: afterwards.consistent,
        });
      return `${release.image} is back`;
    },
  });
}
