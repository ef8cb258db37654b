import type { PlannedRelease } from '../activities/planning.js';
import type { Target } from '../systems/kubernetes/release.js';
import type { Run } from './run.js';
import { undoing } from './steps.js';

interface RolledOut {
  target: Target;
  rollout: { timeout: number };
}

/** Registers the way back of a release: image and references as they were, rolled out, read back; then what was made for it goes. */
export function undoRelease(run: Run, runbook: RolledOut, planned: PlannedRelease): void {
  undoConfigMaps(run, runbook, planned);
  undoImage(run, runbook, planned);
}

/** Registers that the ConfigMaps go which were made for a release, after all that still needs them. */
export function undoConfigMaps(
  run: Run,
  { target }: Pick<RolledOut, 'target'>,
  { newConfigMaps }: PlannedRelease,
): void {
  if (newConfigMaps.length === 0) return;
  run.undo.before(
    'remove the new ConfigMaps',
    (call) => call(undoing.removeConfigMaps, { target, names: newConfigMaps }),
    // Pods that still run the new version need them.
    { afterAll: true },
  );
}

/** Registers the way back of the image and the references alone. */
export function undoImage(run: Run, { target, rollout }: RolledOut, { before }: PlannedRelease): void {
  run.undo.before(
    'put image and references back',
    async (call) => {
      const { image, repoints } = before;
      await call(undoing.setRelease, { target, release: { image, repoints } });
      await call(undoing.watchRollout, { target, timeoutSeconds: rollout.timeout });
      await call(undoing.confirmRelease, { target, release: { image, repoints } });
    },
    { withinSeconds: rollout.timeout },
  );
}
