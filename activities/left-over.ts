import { RunbookError } from '../core/errors.js';
import { mayDestroy } from '../policies/rotation.js';
import type { Rotate } from '../runbooks/rotate.js';
import { showTarget } from '../systems/kubernetes/release.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { isSame } from '../systems/credentials/secret-value.js';
import { findOthers, saysWhatItUses } from './asking-pods.js';
import type { OpenRotation, Survey } from './rotation-parts.js';

/**
 * Ends the version before the current one, where a run that died has left it alive and the next one would forget it. Of two users that
 * take turns it is the next one's place; a version with a name of its own would live on unknown to anybody.
 * @throws RunbookError Refused where somebody may use it.
 */
export async function endLeftOver(
  runbook: Rotate,
  { provider, store }: OpenRotation,
  { versions, trials }: Survey,
  api: KubernetesApi,
): Promise<void> {
  const { current, previous } = versions;
  const isLeft = previous !== undefined && !isSame(previous, current) && trials.previous === 'works';
  const isEnded = provider.succession === 'beside' && provider.users.length === 0 && !provider.expiryOf;
  // Where nothing else works it is what is replaced.
  if (!isLeft || !isEnded || !current || !mayDestroy('previous', trials)) return;
  const silent = runbook.consumers.filter((consumer) => !saysWhatItUses(consumer));
  const doubts = [
    ...silent.map((consumer) => `${showTarget(consumer)} does not say what it uses`),
    ...(await findOthers(api, runbook, current)),
  ];
  if (doubts.length > 0 && runbook.reason !== 'leak')
    throw new RunbookError(
      'Refused',
      `${store.where}: expected the version before, ${previous.user}, to be dead or used by nobody, found it alive, and ${doubts.join(', ')}; ` +
        `see that nobody uses it, and end it by hand`,
    );
  await provider.retire(previous);
}
