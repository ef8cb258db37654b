import { messageOf, RunbookError } from '../core/errors.js';
import { redact } from '../core/redact.js';

export interface Alert {
  name: string;
  severity: 'critical' | 'warning';
  labels: Record<string, string>;
  summary: string;
  startsAt: Date;
  /** Set when it is over. */
  endsAt?: Date;
}

/** Where alerts go. Sending one again renews it: it is told apart by its labels. */
export interface Alerting {
  /** @throws RunbookError AlertingUnreachable. */
  send(alert: Alert): Promise<void>;
}

const timeoutMs = 5000;
/** An alert that is not renewed is over after this long. */
const lastsMs = 3 * 60_000;

/**
 * Sends alerts to an Alertmanager.
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (postAlerts)
 */
export function connectAlertmanager(address: string): Alerting {
  const url = `${address.replace(/\/$/, '')}/api/v2/alerts`;
  return {
    async send({ name, severity, labels, summary, startsAt, endsAt = new Date(Date.now() + lastsMs) }) {
      const alert = {
        labels: { alertname: name, severity, ...labels },
        annotations: { summary: redact(summary) },
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
      };
      const where = `alertmanager ${redact(new URL(url).origin)}`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([alert]),
        signal: AbortSignal.timeout(timeoutMs),
      }).catch((error: unknown) => {
        const cause = (error as { cause?: unknown }).cause ?? error;
        throw new RunbookError(
          'AlertingUnreachable',
          `${where}: expected it to take an alert, found ${messageOf(cause)}`,
        );
      });
      if (!response.ok)
        throw new RunbookError(
          'AlertingUnreachable',
          `${where}: expected it to take an alert, found ${response.status}`,
        );
    },
  };
}
