import { messageOf } from '../core/errors.js';
import type { Alert, Alerting } from '../systems/alertmanager.js';

/** Sends an alert, and answers what a person reads of it. One that is not sent fails nothing: the gauges say the same. */
export async function tellAlert(alerting: Alerting | undefined, alert: Alert): Promise<string> {
  if (!alerting) return `${alert.name}, told to nobody: the worker knows no Alertmanager`;
  try {
    await alerting.send(alert);
    return alert.name;
  } catch (error) {
    return `${alert.name}, not sent: ${messageOf(error)}`;
  }
}
