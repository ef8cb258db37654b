import { createHmac } from 'node:crypto';
import { RunbookError } from '../../core/errors.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { readToken } from '../token-file.js';
import type { Channel, Message } from './channel.js';
import { failureOf, post } from './post.js';

type WebhookSpec = Extract<ChannelSpec, { kind: 'webhook' }>;

/** The key in "whsec_<base64>": https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function keyOf(file: string, secret: string): Buffer {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  const key = Buffer.from(text, 'base64');
  if (key.length >= 24) return key;
  throw new RunbookError(
    'InvalidSettings',
    `token file ${file}: expected "whsec_" and 24 bytes or more in base64, found something else`,
  );
}

/**
 * A request per message, for programs. Its webhook-id is the message's own, so that a receiver knows a repetition.
 * @see https://www.standardwebhooks.com
 */
export function webhookChannel(spec: WebhookSpec, tokens: string): Channel {
  const where = `webhook ${new URL(spec.url).host}`;
  const deliver = async (message: Message, about: string): Promise<void> => {
    const { id, event, severity, run, title, facts, changes, link } = message;
    const data = {
      about,
      severity,
      ...run,
      title,
      facts,
      changes: changes.list,
      hiddenChanges: changes.hidden,
      ...(link && { link: link.url }),
    };
    const body = JSON.stringify({ type: event, timestamp: new Date().toISOString(), data });
    const seconds = Math.floor(Date.now() / 1000);
    const secret = spec.secret === undefined ? undefined : await readToken(tokens, spec.secret);
    const sign = (key: Buffer) => createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      ...(secret !== undefined && { 'webhook-signature': `v1,${sign(keyOf(spec.secret ?? '', secret))}` }),
    };
    const secrets = secret === undefined ? [] : [secret];
    const posted = await post({ where, url: spec.url, headers, body, secrets });
    if (posted.status < 200 || posted.status > 299) throw failureOf(where, posted);
  };
  return {
    async send(message, before) {
      await deliver(message, before ?? message.id);
      return before ?? message.id;
    },
    close: (handle, message) => deliver(message, handle),
  };
}
