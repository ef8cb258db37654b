import { RunbookError } from '../../core/errors.js';
import { readPastReleases } from '../../core/past-releases.js';
import { workflowIdOf } from '../../core/names.js';
import { describeFreeze, frozenAt } from '../../policies/freeze.js';
import { findProof } from '../../policies/promotion.js';
import type { Session } from '../connection.js';
import type { StartedInput } from './start-run.js';

function refusal(code: 'Frozen' | 'NotProven', { runbook }: StartedInput, why: string): RunbookError {
  const next = 'rolling back is allowed; --break-glass REASON records why you go ahead';
  return new RunbookError(code, `${workflowIdOf(runbook)}: ${why}; nothing was started; ${next}`);
}

/**
 * Refuses a run into a frozen environment before anything is started. The run asks again before it acts.
 * @throws RunbookError Frozen, with the freeze and its end.
 */
export function refuseFrozen(prepared: StartedInput, now: Date): void {
  const { calendar, breakGlass } = prepared.permission ?? {};
  const freeze = calendar && !breakGlass ? frozenAt(calendar, now) : undefined;
  if (freeze) throw refusal('Frozen', prepared, describeFreeze(freeze));
}

/**
 * Refuses a run whose image has not proven itself in the environment before. The run asks again before it acts.
 * @throws RunbookError NotProven, with what was found.
 */
export async function refuseUnproven(session: Session, prepared: StartedInput, now: Date): Promise<void> {
  const { promotion, breakGlass } = prepared.permission ?? {};
  if (!promotion || breakGlass) return;
  const { runbook } = prepared;
  // A train's releases are asked one by one, a rollback not at all; a backup releases nothing.
  if (runbook.kind === 'train' || runbook.kind === 'rollback' || !('image' in runbook)) return;
  const { service, image } = runbook;
  const releases = await readPastReleases(session.client.workflow, { service, environment: promotion.after });
  const proof = findProof(promotion, image, releases, now);
  if (!proof.proven) throw refusal('NotProven', prepared, proof.why);
}
