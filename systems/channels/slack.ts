import { z } from 'zod';
import { RunbookError, type ErrorCode } from '../../core/errors.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { readToken } from '../token-file.js';
import type { Channel, Message } from './channel.js';
import { expectAnswer, failureOf, post } from './post.js';
import { changeLines, fit } from './text.js';

type SlackSpec = Extract<ChannelSpec, { kind: 'slack' }>;

/** Of blocks: https://docs.slack.dev/reference/block-kit/blocks/section-block, …/header-block. */
const longestSection = 3000;
const longestTitle = 150;

const Answer = z.object({ ok: z.boolean(), error: z.string().optional() });
const Sent = z.object({ channel: z.string(), ts: z.string() });

const codes: Array<[RegExp, ErrorCode]> = [
  [/^(ratelimited|rate_limited|internal_error|fatal_error|service_unavailable|request_timeout)$/, 'SystemUnreachable'],
  [/^(channel_not_found|message_not_found|is_archived)$/, 'NotFound'],
  [/auth|token|account_inactive|scope|not_in_channel|access_denied|org_login|restricted_action/, 'Forbidden'],
];

/** What Slack would read as a link or a call: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** No markup is read in plain_text: nobody is called by "<!channel>", and "*" stays what it is. */
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });

function blocksOf(message: Message): object[] {
  const { title, facts, changes, link, buttons } = message;
  const section = (text: string) => ({ type: 'section', text: plain(text) });
  const said = facts.map(({ label, text }) => `${label}: ${text}`).join('\n');
  const heading = `${escapeSlack(changes.heading)}:`;
  const list = changeLines(message, longestSection - heading.length - 1, escapeSlack);
  const elements = [
    ...buttons.map(({ text, data, verdict }) => {
      const style = verdict === 'approve' ? 'primary' : 'danger';
      return { type: 'button', text: plain(text), action_id: `runbook-${verdict}`, value: data, style };
    }),
    ...(link ? [{ type: 'button', text: plain(link.text), action_id: 'runbook-open', url: link.url }] : []),
  ];
  return [
    { type: 'header', text: plain(fit(title, longestTitle, escapeSlack)) },
    ...(said === '' ? [] : [section(fit(said, longestSection, escapeSlack))]),
    ...(changes.list.length > 0 ? [section([heading, ...list].join('\n'))] : []),
    ...(elements.length > 0 ? [{ type: 'actions', elements }] : []),
  ];
}

/** Somebody may have deleted it. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof RunbookError && error.code === 'NotFound')) throw error;
  });
}

function addressOf(handle: string): { channel: string; ts: string } {
  const [channel = '', ts = ''] = handle.split('/');
  return { channel, ts };
}

/**
 * Messages of an app. Slack takes no key of ours: one whose answer was lost is sent again, and is there twice.
 * @see https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update, …/chat.delete
 */
export function slackChannel(spec: SlackSpec, tokens: string): Channel {
  const where = `slack channel ${spec.channel}`;
  const call = async (method: string, json: object): Promise<unknown> => {
    const token = await readToken(tokens, spec.token);
    const headers = { authorization: `Bearer ${token}` };
    const url = `${spec.address}/${method}`;
    const posted = await post({ where, url, headers, body: JSON.stringify(json), secrets: [token] });
    const answer = Answer.safeParse(posted.json).data;
    if (posted.status !== 200 || !answer) throw failureOf(where, posted);
    if (answer.ok) return posted.json;
    const { error = 'unknown' } = answer;
    const code = codes.find(([pattern]) => pattern.test(error))?.[1] ?? 'Refused';
    throw new RunbookError(code, `${where}: expected ${method} done, found ${error}`);
  };
  // The text is what a notification shows; markup is switched off in it.
  const written = (message: Message) => ({
    text: fit(message.title, longestTitle, escapeSlack),
    mrkdwn: false,
    blocks: blocksOf(message),
  });
  return {
    async send(message, before) {
      const quiet = { unfurl_links: false, unfurl_media: false };
      const reply = before !== undefined && { thread_ts: addressOf(before).ts, reply_broadcast: true };
      const json = { channel: spec.channel, ...written(message), ...quiet, ...reply };
      const { channel, ts } = expectAnswer(where, Sent, await call('chat.postMessage', json));
      return `${channel}/${ts}`;
    },
    close: (handle, message) => unlessGone(call('chat.update', { ...addressOf(handle), ...written(message) })),
    withdraw: (handle) => unlessGone(call('chat.delete', addressOf(handle))),
  };
}
