import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import type { Channel } from './channel.js';
import { mailChannel } from './mail.js';
import { pagerDutyChannel } from './pagerduty.js';
import { slackChannel } from './slack.js';
import { telegramChannel } from './telegram.js';
import { webhookChannel } from './webhook.js';

/** A channel as an operator has described it. Its tokens are read anew for each message: they may have been replaced. */
export function openChannel(spec: ChannelSpec, tokens: string): Channel {
  switch (spec.kind) {
    case 'telegram':
      return telegramChannel(spec, tokens);
    case 'slack':
      return slackChannel(spec, tokens);
    case 'mail':
      return mailChannel(spec, tokens);
    case 'pagerduty':
      return pagerDutyChannel(spec, tokens);
    case 'webhook':
      return webhookChannel(spec, tokens);
  }
}
