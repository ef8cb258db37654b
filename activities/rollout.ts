import { sleep } from '@temporalio/activity';
import { RunbookError } from '../core/errors.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import type { Target } from '../systems/kubernetes/release.js';
import { readRollout, type RolloutState } from '../systems/kubernetes/rollout.js';

const pollMs = 300;

/**
 * Waits until every pod of a Deployment runs its newest version, or fails as soon as that cannot happen.
 * @throws RunbookError RolloutFailed.
 */
export async function awaitRollout(api: KubernetesApi, target: Target, timeoutSeconds: number): Promise<RolloutState> {
  const end = Date.now() + timeoutSeconds * 1000;
  const next = `see "kubectl -n ${target.namespace} get events"`;
  for (;;) {
    const rollout = await readRollout(api, target);
    const { state, text } = rollout;
    if (state === 'done') return rollout;
    if (state === 'failed') throw new RunbookError('RolloutFailed', `${text}; ${next}`);
    if (Date.now() > end) throw new RunbookError('RolloutFailed', `${text}, after ${timeoutSeconds} s; ${next}`);
    await sleep(pollMs);
  }
}
