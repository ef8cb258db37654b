import type { Plan } from '../core/record.js';
import type { Backup } from '../runbooks/backup.js';
import type { Beat } from '../runbooks/beat.js';
import type { BlueGreen } from '../runbooks/blue-green.js';
import type { Canary } from '../runbooks/canary.js';
import type { Credentials } from '../runbooks/credentials.js';
import type { Deploy } from '../runbooks/deploy.js';
import type { Drill } from '../runbooks/drill.js';
import type { Restore } from '../runbooks/restore.js';
import type { Rollback } from '../runbooks/rollback.js';
import type { Rotate } from '../runbooks/rotate.js';
import type { Train } from '../runbooks/train.js';
import { planNight } from './credentials.js';
import type { RunInput } from './messages.js';
import { near } from './near-source.js';
import { askPermission } from './permit.js';
import type { Release } from './run.js';
import { planningBackup, reading } from './steps.js';

type Planning<R extends Release> = (input: RunInput<R>) => Promise<{ plan: Plan }>;

/** A plan, and whether a run of it could start now. Its hash is that of the run's own plan: what a clock says is no part of it. */
function asked<R extends Release>(make: Planning<R>): (input: RunInput<R>) => Promise<Plan> {
  return async (input) => {
    const { plan } = await make(input);
    const answer = await askPermission(input);
    return answer === undefined ? plan : { ...plan, notes: [...plan.notes, answer] };
  };
}

/** What a deploy would do now. Changes nothing. */
export const planDeploy = asked(({ runbook }: RunInput<Deploy>) => reading.planDeploy({ runbook }));

/** What a canary would do now. Changes nothing. */
export const planCanary = asked(({ runbook }: RunInput<Canary>) => reading.planCanary({ runbook }));

/** What a rollback would do now. Changes nothing. */
export const planRollback = asked(({ runbook }: RunInput<Rollback>) => reading.planRollback({ runbook }));

/** What a rotation would do now. Changes nothing. */
export const planRotate = asked(({ runbook }: RunInput<Rotate>) => reading.planRotation({ runbook }));

/** Whose turn it would be tonight. Changes nothing. */
export const planCredentials = asked((input: RunInput<Credentials>) => planNight(input));

/** What a train would do now. Changes nothing. */
export const planTrain = asked(({ runbook }: RunInput<Train>) => reading.planTrain({ runbook }));

/** What a blue-green release would do now. Changes nothing. */
export const planBlueGreen = asked(({ runbook }: RunInput<BlueGreen>) => reading.planBlueGreen({ runbook }));

/** What a backup would do now. Changes nothing. */
export const planBackup = asked(({ runbook }: RunInput<Backup>) =>
  near(...runbook.sources).planningBackup.planBackup({ runbook }),
);

/** What a beat would do now. Changes nothing. */
export const planBeat = asked(({ runbook }: RunInput<Beat>) => planningBackup.planBeat({ runbook }));

/** What a restore would do now. Changes nothing. */
export const planRestore = asked(({ runbook }: RunInput<Restore>) => planningBackup.planRestore({ runbook }));

/** What a drill would do now. Changes nothing. */
export const planDrill = asked(({ runbook }: RunInput<Drill>) => planningBackup.planDrill({ runbook }));
