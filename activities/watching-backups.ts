import { log, metricMeter } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { formatSeconds } from '../core/duration.js';
import { searchAttributes, workflowIdOf } from '../core/names.js';
import type { WorkflowReader } from '../core/past-releases.js';
import type { Beat } from '../runbooks/beat.js';
import type { Alert, Alerting } from '../systems/alertmanager.js';
import { readStates } from '../systems/vault/backup-list.js';
import { openPlace, type BackupPlace } from './backup-place.js';
import { beating } from './beating.js';
import { tellAlert } from './tell-alert.js';

/** As far as one looks back for a drill: more nights than lie between two of them. */
const mostBackups = 40;

interface Seen {
  /** When the newest verified backup began, in milliseconds since 1970. */
  verifiedAt?: number;
  verified?: Record<string, unknown>;
  drilled?: { rtoSeconds?: unknown; rpoSeconds?: unknown; targets?: { rtoSeconds?: unknown; rpoSeconds?: unknown } };
}

/** The activity that tells monitoring how the backups are. */
export function createWatchingBackupsActivities(parts: {
  tokens: string;
  alerting?: Alerting;
  workflows: () => Pick<WorkflowReader, 'getHandle'>;
}) {
  const { tokens, alerting, workflows } = parts;
  return beating({
    /** Sets the gauges of a service's backups and drills; alerts where the newest verified one is too old, or a run asks people. */
    async watchBackups({ runbook }: { runbook: Beat }): Promise<string> {
      const { service, environment, backup } = runbook;
      const labels = { service, environment };
      const seen = await readNewest(await openPlace(backup, tokens));
      showGauges(labels, seen, backup.rpo);
      const ageSeconds = seen.verifiedAt === undefined ? undefined : (Date.now() - seen.verifiedAt) / 1000;
      const age =
        ageSeconds === undefined
          ? 'there is no verified backup'
          : `the newest verified backup is ${formatSeconds(ageSeconds)} old`;
      const told = [`${age}, of ${formatSeconds(backup.rpo)}`];
      const send = async (name: string, severity: Alert['severity'], summary: string, run?: string) => {
        const alert = { name, severity, summary, startsAt: new Date() };
        told.push(await tell({ ...alert, labels: { ...labels, ...(run !== undefined && { run }) } }));
      };
      if (ageSeconds === undefined || ageSeconds > backup.rpo)
        await send('RunbookBackupTooOld', 'critical', `${service} in ${environment}: ${told[0] ?? ''}`);
      for (const kind of ['backup', 'drill']) {
        const run = workflowIdOf({ kind, service, environment });
        if (await isAsking(run))
          await send('RunbookAsks', 'warning', `${run} waits for somebody: runbook describe ${run}`, run);
      }
      return told.filter(Boolean).join('; ');
    },
  });

  async function tell(alert: Alert): Promise<string> {
    log.warn(alert.summary);
    return tellAlert(alerting, alert);
  }

  async function isAsking(workflowId: string): Promise<boolean> {
    try {
      const { status, typedSearchAttributes } = await workflows().getHandle(workflowId).describe();
      return status.name === 'RUNNING' && typedSearchAttributes.get(searchAttributes.state) === 'asking';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
}

/** The newest verified backup, and the newest that was drilled. */
async function readNewest({ store, prefix }: BackupPlace): Promise<Seen> {
  const ids: string[] = [];
  for await (const folder of store.listFolders(`${prefix}/`)) ids.push(folder.slice(prefix.length + 1, -1));
  const seen: Seen = {};
  for (const id of ids.sort().reverse().slice(0, mostBackups)) {
    const states = await readStates(store, prefix, id);
    const began = momentOf(id);
    if (states.verified && seen.verifiedAt === undefined && !Number.isNaN(began))
      Object.assign(seen, { verifiedAt: began, verified: states.verified });
    if (states.drilled) seen.drilled ??= states.drilled;
    if (seen.verifiedAt !== undefined && seen.drilled) break;
  }
  return seen;
}

/** An id begins with the time at which the backup began; NaN for a folder that is no backup's. */
function momentOf(id: string): number {
  return Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-.*$/, '$1-$2-$3T$4:$5:$6Z'));
}

/**
 * Moments and not ages: an age that nobody has looked at since would be wrong. Each beat may find another worker, and what an earlier one
 * has shown stays there until it ends: the moment of the look says which is the newest.
 */
function showGauges(labels: Record<string, string>, { verifiedAt = 0, verified, drilled }: Seen, rpo: number): void {
  const show = (name: string, value: unknown, unit: string, description: string) => {
    if (typeof value === 'number' && Number.isFinite(value))
      metricMeter.createGauge(name, 'float', unit, description).set(value, labels);
  };
  const ofBackup = 'runbook_backup_';
  show(
    `${ofBackup}verified_timestamp_seconds`,
    verifiedAt / 1000,
    's',
    'When the newest verified backup began; 0: none',
  );
  show(`${ofBackup}rpo_seconds`, rpo, 's', 'How old it may be');
  const took = (Date.parse(String(verified?.['at'])) - verifiedAt) / 1000;
  show(`${ofBackup}duration_seconds`, took, 's', 'How long it took until it was verified');
  show(`${ofBackup}bytes`, verified?.['bytes'], 'By', 'How much of it is stored');
  const ofDrill = 'runbook_drill_';
  show(`${ofDrill}rto_seconds`, drilled?.rtoSeconds, 's', 'How long the newest drilled backup took to come back');
  show(`${ofDrill}rto_target_seconds`, drilled?.targets?.rtoSeconds, 's', 'How long it may take');
  show(`${ofDrill}rpo_seconds`, drilled?.rpoSeconds, 's', 'How much would have been lost at that drill');
  show(`${ofDrill}rpo_target_seconds`, drilled?.targets?.rpoSeconds, 's', 'How much may be lost');
  show(`${ofBackup}looked_timestamp_seconds`, Date.now() / 1000, 's', 'When somebody looked');
}
