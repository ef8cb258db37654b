import { log, metricMeter } from '@temporalio/activity';
import type { CredentialStatus } from '../core/credential.js';
import type { Alert, Alerting } from '../systems/alertmanager.js';
import { tellAlert } from './tell-alert.js';

/** Until the next night has looked, and had time to. */
const lastsMs = 26 * 3600_000;

/** The activity that tells monitoring how the credentials are. */
export function createWatchingCredentialsActivities({ alerting }: { alerting?: Alerting }) {
  return {
    /** Sets the gauges of every credential; alerts where one is too old or owes something, and ends the alerts of all others. */
    async watchCredentials({ statuses }: { statuses: CredentialStatus[] }): Promise<string> {
      const now = Date.now();
      const told: string[] = [];
      for (const status of statuses) {
        showGauges(status);
        const { nextDueAt, debts } = status;
        const overdue = nextDueAt !== undefined && Date.parse(nextDueAt) <= now;
        told.push(await tell(status, 'RunbookCredentialOverdue', 'critical', overdue));
        told.push(await tell(status, 'RunbookCredentialDebts', 'warning', debts.length > 0));
      }
      const owing = statuses.filter(({ debts }) => debts.length > 0).length;
      const alerts = [...new Set(told.filter(Boolean))];
      return [`${owing} of ${statuses.length} credentials owe something`, ...alerts].join('; ');
    },
  };

  /** Answers what a person reads of an alert that is on; of all others their end is told to nobody else. */
  async function tell(
    status: CredentialStatus,
    name: string,
    severity: Alert['severity'],
    on: boolean,
  ): Promise<string> {
    const { credential, service, environment, debts } = status;
    const now = Date.now();
    const alert: Alert = {
      ...{ name, severity },
      labels: { credential, service, environment },
      summary: `${credential} of ${service} in ${environment}: ${debts.join('; ') || 'paid'}`,
      // An Alertmanager refuses an alert that ends before it starts.
      startsAt: new Date(on ? now : now - 1000),
      endsAt: new Date(on ? now + lastsMs : now),
    };
    if (on) log.warn(alert.summary);
    const said = await tellAlert(alerting, alert);
    return on ? said : '';
  }
}

/**
 * Moments and not ages: an age that nobody has looked at since would be wrong. Each night may find another worker, and what an earlier one
 * has shown stays there until it ends: the moment of the look says which is the newest.
 */
function showGauges({
  credential,
  service,
  environment,
  rotatedAt,
  nextDueAt,
  provedAt,
  debts,
}: CredentialStatus): void {
  const labels = { credential, service, environment };
  const show = (name: string, value: number | undefined, unit: string, description: string) => {
    if (value !== undefined && Number.isFinite(value))
      metricMeter.createGauge(name, 'float', unit, description).set(value, labels);
  };
  const seconds = (at: string | undefined) => (at === undefined ? undefined : Date.parse(at) / 1000);
  const moment = 'runbook_credential_';
  show(`${moment}rotated_timestamp_seconds`, seconds(rotatedAt), 's', 'When the current version came into force');
  show(`${moment}due_timestamp_seconds`, seconds(nextDueAt), 's', 'When it is too old');
  show(`${moment}proved_timestamp_seconds`, seconds(provedAt), 's', 'When the version before was proven dead');
  show(`${moment}debts`, debts.length, '', 'What is left to be done before nothing old is alive');
  show(`${moment}looked_timestamp_seconds`, Date.now() / 1000, 's', 'When somebody looked');
}
