import type { Plan } from '../core/record.js';
import type { Canary } from '../runbooks/canary.js';
import type { Deploy } from '../runbooks/deploy.js';
import type { Rollback } from '../runbooks/rollback.js';
import type { RunInput } from './messages.js';
import { reading } from './steps.js';

/** What a deploy would do now. Changes nothing. */
export async function planDeploy({ runbook }: RunInput<Deploy>): Promise<Plan> {
  return (await reading.planDeploy({ runbook })).plan;
}

/** What a canary would do now. Changes nothing. */
export async function planCanary({ runbook }: RunInput<Canary>): Promise<Plan> {
  return (await reading.planCanary({ runbook })).plan;
}

/** What a rollback would do now. Changes nothing. */
export async function planRollback({ runbook }: RunInput<Rollback>): Promise<Plan> {
  return (await reading.planRollback({ runbook })).plan;
}
