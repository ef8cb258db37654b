import { createHash } from 'node:crypto';
import type { Severity } from '../../core/tidings.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { readToken } from '../token-file.js';
import type { Channel, Message } from './channel.js';
import { failureOf, post } from './post.js';
import { changeLines, fit } from './text.js';

type PagerDutySpec = Extract<ChannelSpec, { kind: 'pagerduty' }>;

const severities: Record<Severity, string> = { P1: 'critical', P2: 'error', P3: 'warning' };

/** https://developer.pagerduty.com/docs/send-alert-event; and as much of the changes as a person looks at. */
const longestSummary = 1024;
const longestChanges = 8000;

function payloadOf(message: Message): object {
  const { title, severity, run, facts, changes } = message;
  const { kind, service, environment, workflowId } = run;
  const shown = changeLines(message, longestChanges, (same) => same);
  const details = [...facts.map(({ label, text }) => [label, text]), [changes.heading, shown]];
  return {
    summary: fit(title, longestSummary),
    severity: severities[severity],
    source: workflowId,
    component: service,
    group: environment,
    class: kind,
    custom_details: Object.fromEntries(details) as object,
  };
}

/**
 * Alerts by the Events API v2. Its key makes a repetition the same alert, also where an answer was lost.
 * @see https://developer.pagerduty.com/docs/events-api-v2-overview
 */
export function pagerDutyChannel(spec: PagerDutySpec, tokens: string): Channel {
  const where = 'pagerduty';
  const enqueue = async (event: object): Promise<void> => {
    const key = await readToken(tokens, spec.key);
    const body = JSON.stringify({ routing_key: key, ...event });
    const posted = await post({ where, url: `${spec.address}/v2/enqueue`, body, secrets: [key] });
    if (posted.status !== 202) throw failureOf(where, posted);
  };
  return {
    async send(message, before) {
      // At most 255 characters; ids of ours may be longer.
      const key = before ?? `runbook-${createHash('sha256').update(message.id).digest('hex').slice(0, 40)}`;
      const { link } = message;
      await enqueue({
        event_action: 'trigger',
        dedup_key: key,
        payload: payloadOf(message),
        client: 'temporal-runbooks',
        ...(link && { client_url: link.url, links: [{ href: link.url, text: link.text }] }),
      });
      return key;
    },
    close: (handle) => enqueue({ event_action: 'resolve', dedup_key: handle }),
  };
}
