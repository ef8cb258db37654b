import type { PlannedRelease } from '../activities/planning.js';
import type { WayBack } from '../runbooks/way-back.js';
import type { Run, Release } from './run.js';
import { observing } from './steps.js';

interface Returning extends Release {
  /** None in runs that were started before there was one. */
  wayBack?: WayBack;
}

/**
 * Registers the rungs of the way back that every kind of release has: a flag that is switched off before all else, the Git
 * repository at the end, and what is looked at when everything is back.
 */
export function undoAround(
  run: Run,
  { service, wayBack }: Returning,
  { release, before }: PlannedRelease,
  // One commit a key. A rollback's own way back has another than its way there, which it takes back.
  runId = run.record.runId,
): void {
  run.record.imageBefore = before.image;
  if (!wayBack) return;
  const { flag, git, afterwards } = wayBack;
  const { consistent, warm } = afterwards;
  if (consistent.length > 0) {
    run.undo.before(
      'check that the data is consistent',
      (call) => call(observing.checkConsistency, { checks: consistent }),
      { afterAll: true },
    );
  }
  if (warm.length > 0) {
    run.undo.before('warm the caches', (call) => call(observing.warmCaches, { addresses: warm }), { afterAll: true });
  }
  if (git && release.image !== before.image) {
    const withdraws = runId === run.record.runId ? {} : { withdraws: run.record.runId };
    const back = { git, service, runId, from: release.image, to: before.image, ...withdraws };
    run.undo.before('set the image back in Git', (call) => call(observing.revertInGit, back));
  }
  if (flag) {
    run.undo.beforeAll(`switch the flag ${flag.flag} off`, (call) => call(observing.switchFlagOff, { flag }), {
      withinSeconds: flag.within,
    });
  }
}
