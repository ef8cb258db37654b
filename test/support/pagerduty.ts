// A fake of PagerDuty's Events API v2 for one service, after https://developer.pagerduty.com/docs/events-api-v2-overview,
// …/send-alert-event and https://github.com/PagerDuty/api-schema (reference/events-v2). No service can be had without an account.
import { startProvider, type Asked, type Provider, type Said } from './provider.js';

/** An alert, by its key. */
export interface PagedAlert {
  key: string;
  status: 'triggered' | 'resolved';
  /** Of the newest event. */
  summary: string;
  severity: string;
  details: Record<string, unknown>;
  triggers: number;
}

export interface PagerDuty extends Provider {
  key: string;
  alerts: PagedAlert[];
}

interface Event {
  routing_key: string;
  event_action: string;
  dedup_key?: string;
  payload?: { summary: string; source: string; severity: string; custom_details?: Record<string, unknown> };
}

/** Starts it with one integration. */
export async function startPagerDuty(key: string): Promise<PagerDuty> {
  const invalid = (error: string): Said => ({
    status: 400,
    body: { status: 'invalid event', message: 'Event object is invalid', errors: [error] },
  });
  const act = ({ path, raw }: Asked): Said => {
    if (path !== '/v2/enqueue') return { status: 404, body: '' };
    const event = JSON.parse(raw) as Event;
    const { routing_key: given, event_action: action, dedup_key: dedup = '', payload } = event;
    if (given !== pagerDuty.key || given.length !== 32) return invalid("Length of 'routing_key' is incorrect");
    if (dedup.length > 255) return invalid("Length of 'dedup_key' is incorrect");
    const alert = pagerDuty.alerts.find((each) => each.key === dedup && each.status === 'triggered');
    if (action === 'resolve') {
      if (alert) alert.status = 'resolved';
    } else if (!payload || payload.summary.length > 1024 || payload.source === '')
      return invalid("'payload' is missing or blank");
    else if (!['critical', 'error', 'warning', 'info'].includes(payload.severity))
      return invalid("'severity' is invalid");
    else {
      const { summary, severity, custom_details: details = {} } = payload;
      const told = { summary, severity, details };
      if (alert) Object.assign(alert, told, { triggers: alert.triggers + 1 });
      else pagerDuty.alerts.push({ key: dedup, status: 'triggered', ...told, triggers: 1 });
    }
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: dedup } };
  };
  const pagerDuty: PagerDuty = Object.assign(await startProvider(act, { status: 429, body: '' }), { key, alerts: [] });
  return pagerDuty;
}
