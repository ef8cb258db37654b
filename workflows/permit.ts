import { sleep } from '@temporalio/workflow';
import type { Permission } from '../core/permission.js';
import { failure } from './failures.js';
import type { Run } from './run.js';
import { observing } from './steps.js';

function withoutPromotion({ promotion: _, ...rules }: Permission): Permission {
  return rules;
}

/**
 * Waits until the environment's rules permit to go on.
 * @throws Frozen, NotProven at the start; later a run that may not go on holds where it is until it may.
 */
export async function permit(run: Run, phase: 'start' | 'step'): Promise<void> {
  const { runbook, permission } = run.input;
  if (!permission) return;
  const { service, environment, image = '' } = runbook;
  // A train has no image of its own: each of its releases is asked for what it has proven.
  const rules = image === '' ? withoutPromotion(permission) : permission;
  const request = { permission: rules, service, environment, image, phase };
  for (;;) {
    const summary = phase === 'start' ? 'permitted to start?' : 'permitted to go on?';
    const answer = await observing.checkPermission.executeWithOptions({ summary }, [request]);
    if (answer.allowed) return;
    if (phase === 'start' || answer.until === undefined) throw failure(answer.code, answer.why);
    const { phase: before } = run.record;
    run.enter('waiting', answer.why);
    await sleep(Math.max(1000, Date.parse(answer.until) - Date.now()), { summary: answer.why.slice(0, 100) });
    run.enter(before);
  }
}
