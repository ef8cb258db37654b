import type { Plan } from '../core/record.js';
import type { Backup } from '../runbooks/backup.js';
import type { Beat } from '../runbooks/beat.js';
import type { BlueGreen } from '../runbooks/blue-green.js';
import type { Canary } from '../runbooks/canary.js';
import type { Deploy } from '../runbooks/deploy.js';
import type { Drill } from '../runbooks/drill.js';
import type { Restore } from '../runbooks/restore.js';
import type { Rollback } from '../runbooks/rollback.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { Train } from '../runbooks/train.js';
import type { RunInput } from './messages.js';
import { near } from './near-source.js';
import { planningBackup, reading } from './steps.js';

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

/** What a rotation would do now. Changes nothing. */
export async function planRotate({ runbook }: RunInput<Rotate>): Promise<Plan> {
  return (await reading.planRotation({ runbook })).plan;
}

/** What a train would do now. Changes nothing. */
export async function planTrain({ runbook }: RunInput<Train>): Promise<Plan> {
  return (await reading.planTrain({ runbook })).plan;
}

/** What a blue-green release would do now. Changes nothing. */
export async function planBlueGreen({ runbook }: RunInput<BlueGreen>): Promise<Plan> {
  return (await reading.planBlueGreen({ runbook })).plan;
}

/** What a backup would do now. Changes nothing. */
export async function planBackup({ runbook }: RunInput<Backup>): Promise<Plan> {
  return (await near(...runbook.sources).planningBackup.planBackup({ runbook })).plan;
}

/** What a beat would do now. Changes nothing. */
export async function planBeat({ runbook }: RunInput<Beat>): Promise<Plan> {
  return (await planningBackup.planBeat({ runbook })).plan;
}

/** What a restore would do now. Changes nothing. */
export async function planRestore({ runbook }: RunInput<Restore>): Promise<Plan> {
  return (await planningBackup.planRestore({ runbook })).plan;
}

/** What a drill would do now. Changes nothing. */
export async function planDrill({ runbook }: RunInput<Drill>): Promise<Plan> {
  return (await planningBackup.planDrill({ runbook })).plan;
}
