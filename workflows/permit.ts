import { sleep } from '@temporalio/workflow';
import type { PermissionRequest } from '../activities/permission.js';
import type { Permission } from '../core/permission.js';
import { causeOf, failure } from './failures.js';
import type { RunInput } from './messages.js';
import type { Release, Run } from './run.js';
import { observing } from './steps.js';

function withoutPromotion({ promotion: _, ...rules }: Permission): Permission {
  return rules;
}

/** What is asked before a run may start or go on; undefined where nothing is asked. */
export function permissionRequest(
  { runbook, permission }: RunInput<Release>,
  phase: 'start' | 'step',
): PermissionRequest | undefined {
  if (!permission) return undefined;
  const { service, environment, image = '' } = runbook;
  // A train has no image of its own: each of its releases is asked for what it has proven.
  const rules = image === '' ? withoutPromotion(permission) : permission;
  return { permission: rules, service, environment, image, phase };
}

const planSeconds = 20;

/** Whether a run could start now, in words for its plan; undefined where nothing is asked. */
export async function askPermission(input: RunInput<Release>): Promise<string | undefined> {
  const request = permissionRequest(input, 'start');
  if (!request) return undefined;
  const options = { summary: 'could it start now?', scheduleToCloseTimeout: `${planSeconds}s` } as const;
  try {
    const answer = await observing.checkPermission.executeWithOptions(options, [request]);
    return answer.allowed ? `could start now: ${answer.note}` : `could not start now: ${answer.why}`;
  } catch (error) {
    return `whether it could start now cannot be told: ${causeOf(error).message}`;
  }
}

/**
 * Waits until the environment's rules permit to go on.
 * @throws Frozen, NotProven at the start; later a run that may not go on holds where it is until it may.
 */
export async function permit(run: Run, phase: 'start' | 'step'): Promise<void> {
  const request = permissionRequest(run.input, phase);
  if (!request) return;
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
