import { sleep } from '@temporalio/activity';
import type { Handle } from '../core/credential.js';
import { RunbookError } from '../core/errors.js';
import type { Consumer, Rotate } from '../runbooks/rotate.js';
import type { Access } from '../systems/credentials/access.js';
import type { SecretValue } from '../systems/credentials/secret-value.js';
import type { KubernetesApi } from '../systems/kubernetes/api.js';
import { showTarget } from '../systems/kubernetes/release.js';
import { restartOnce } from '../systems/kubernetes/secret-users.js';
import { askPods, saysWhatItUses, type Answer } from './asking-pods.js';
import { awaitRollout } from './rollout.js';
import { openRotation, shown, withoutValues, type OpenRotation } from './rotation-parts.js';

const pollMs = 500;

/** One consumer that shall use a version: the one that the store holds. */
export interface AdoptionStep {
  runbook: Rotate;
  runId: string;
  consumer: Consumer;
  handle: Handle;
  /** On the way back: pods that serve with it already are left alone, whatever becomes of newer ones that do not start. */
  onlyIfNeeded?: boolean;
}

/** The activities that bring consumers to the store's version. */
export function createAdoptingActivities(parts: Access) {
  const { api } = parts;
  return {
    /** Restarts a consumer and waits until each of its pods says that it uses this version. @throws RunbookError RolloutFailed. */
    async adoptVersion({ runbook, runId, consumer, handle, onlyIfNeeded }: AdoptionStep): Promise<string> {
      const rotation = await openRotation(runbook, parts);
      return withoutValues(rotation, async () => {
        const value = await demandCurrent(rotation, handle);
        if (onlyIfNeeded && (await isServedWith(api, consumer, value)))
          return `${showTarget(consumer)} uses ${shown(handle)} still`;
        const end = Date.now() + runbook.adoptWithin * 1000;
        await restartOnce(
          api,
          consumer,
          runbook.credential,
          `${runId.slice(0, 8)}-${handle.fingerprint ?? handle.user}`,
        );
        const { text } = await awaitRollout(api, consumer, runbook.adoptWithin);
        if (!saysWhatItUses(consumer)) return `${text}; it does not say what it uses`;
        const pods = await awaitAnswers(api, { consumer, value }, end);
        return `${text}; ${pods} say that they use ${shown(handle)}`;
      });
    },
  };
}

async function demandCurrent({ store, handleOf }: OpenRotation, handle: Handle): Promise<SecretValue> {
  const { current } = await store.read();
  if (current && (handle.fingerprint === undefined || handleOf(current).fingerprint === handle.fingerprint))
    return current;
  const found = current ? shown(handleOf(current)) : 'none';
  throw new RunbookError(
    'Refused',
    `${store.where}: expected ${shown(handle)}, found ${found}; somebody else has changed it`,
  );
}

async function isServedWith(api: KubernetesApi, consumer: Consumer, value: SecretValue): Promise<boolean> {
  if (!saysWhatItUses(consumer)) return false;
  const serving = (await askPods(api, consumer, value)).filter(({ isReady }) => isReady);
  return serving.length > 0 && serving.every(({ answer }) => answer === 'right');
}

/** Waits for the right answer of each, until a moment in milliseconds since 1970. */
async function awaitAnswers(
  api: KubernetesApi,
  { consumer, value }: { consumer: Consumer; value: SecretValue },
  end: number,
): Promise<string> {
  for (;;) {
    const answers = await askPods(api, consumer, value);
    const wrong = answers.filter(({ answer }) => answer !== 'right');
    if (answers.length > 0 && wrong.length === 0) return `${answers.length} pod(s)`;
    if (Date.now() > end) throw notAdopted(consumer, wrong);
    await sleep(pollMs);
  }
}

function notAdopted(consumer: Consumer, wrong: readonly Answer[]): RunbookError {
  const found = wrong.map(
    ({ name, answer }) => `${name} ${answer === 'none' ? 'does not answer' : 'uses another one'}`,
  );
  return new RunbookError(
    'RolloutFailed',
    `${showTarget(consumer)}: expected each pod to use the store's version, found ${found.join(', ') || 'no pods'}`,
  );
}
