// A fake of an app's messages in Slack's Web API, after https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update and …/chat.delete,
// https://docs.slack.dev/reference/block-kit/blocks (limits), https://docs.slack.dev/apis/web-api/rate-limits,
// https://docs.slack.dev/interactivity/handling-user-interaction (payload, response_url) and
// https://docs.slack.dev/authentication/verifying-requests-from-slack. No app can be had without a person's account.
import { createHmac } from 'node:crypto';
import { startProvider, type Asked, type Provider, type Said } from './provider.js';

interface Text {
  type: string;
  text: string;
}

interface Block {
  type: string;
  text?: Text;
  elements?: Array<{ type: string; text: Text; action_id: string; value?: string; url?: string }>;
}

export interface SlackMessage {
  channel: string;
  ts: string;
  /** What a notification shows. */
  text: string;
  blocks: Block[];
  thread?: string;
  edits: number;
}

/** A request as Slack sends it. */
export interface SlackPress {
  headers: Record<string, string>;
  body: string;
}

/** The fake, with what a test looks at and presses. */
export interface Slack extends Provider {
  token: string;
  signingSecret: string;
  channel: string;
  messages: SlackMessage[];
  /** When the next message is sent, seconds since 1970. */
  next: number;
  /** What was said to who pressed. */
  whispers: string[];
  /** All that a person reads in a message. */
  read(message: SlackMessage): string;
  /** The data of its buttons. */
  buttons(message: SlackMessage): string[];
  press(message: SlackMessage, data: string, account: string, at?: number): SlackPress;
}

interface Params {
  channel: string;
  ts?: string;
  text?: string;
  mrkdwn?: boolean;
  blocks: Block[];
  thread_ts?: string;
}

const unescape = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Starts it with one app in one channel; it asks for a second of patience where it is to. */
export async function startSlack(token: string, signingSecret: string, channel: string): Promise<Slack> {
  const act = (asked: Asked): Said => {
    if (asked.path.startsWith('/respond/')) return respond(slack, asked);
    if (asked.headers.authorization !== `Bearer ${slack.token}`) return refuse('invalid_auth');
    const params = JSON.parse(asked.raw) as Params;
    if (asked.path === '/chat.delete') return remove(slack, params);
    if (params.channel !== slack.channel) return refuse('channel_not_found');
    const problem = problemOf(params);
    if (problem !== undefined) return refuse(problem);
    if (asked.path === '/chat.postMessage') return postMessage(slack, params);
    return asked.path === '/chat.update' ? update(slack, params) : refuse('unknown_method');
  };
  const patience = { status: 429, headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } };
  const slack: Slack = Object.assign(await startProvider(act, patience), {
    ...{ token, signingSecret, channel, messages: [], next: 1_700_000_000, whispers: [] },
    read: ({ blocks }: SlackMessage) =>
      blocks
        .flatMap(({ text, elements = [] }) => [text, ...elements.map((each) => each.text)])
        .flatMap((text) => (text ? [unescape(text.text)] : []))
        .join('\n'),
    buttons: ({ blocks }: SlackMessage) =>
      blocks.flatMap(({ elements = [] }) => elements.flatMap(({ value }) => value ?? [])),
    press: (message: SlackMessage, data: string, account: string, at = Math.floor(Date.now() / 1000)) => {
      const body = new URLSearchParams({
        payload: JSON.stringify(payloadOf(slack, message, data, account)),
      }).toString();
      const mac = createHmac('sha256', slack.signingSecret).update(`v0:${at}:${body}`).digest('hex');
      return { body, headers: { 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${mac}` } };
    },
  });
  return slack;
}

const refuse = (error: string): Said => ({ status: 200, body: { ok: false, error } });

/** https://docs.slack.dev/reference/block-kit/blocks: header 150, section 3000, button 75 and 2000 characters, 25 elements, 50 blocks. */
function problemOf({ blocks, text = '' }: Params): string | undefined {
  const isTooLong = ({ type, text: shown, elements = [] }: Block) =>
    (shown !== undefined && (shown.text === '' || shown.text.length > (type === 'header' ? 150 : 3000))) ||
    elements.length > 25 ||
    elements.some((each) => each.text.text.length > 75 || (each.value?.length ?? 0) > 2000);
  if (blocks.length > 50 || blocks.some(isTooLong)) return 'invalid_blocks';
  return text.length > 40_000 ? 'msg_too_long' : undefined;
}

function postMessage(slack: Slack, { channel, text = '', blocks, thread_ts: thread }: Params): Said {
  const ts = `${slack.next++}.000100`;
  slack.messages.push({ channel, ts, text, blocks, edits: 0, ...(thread !== undefined && { thread }) });
  return { status: 200, body: { ok: true, channel, ts, message: { text } } };
}

function update(slack: Slack, { channel, ts, text = '', blocks }: Params): Said {
  const message = slack.messages.find((each) => each.ts === ts && each.channel === channel);
  if (!message) return refuse('message_not_found');
  Object.assign(message, { text, blocks, edits: message.edits + 1 });
  return { status: 200, body: { ok: true, channel, ts, text } };
}

function remove(slack: Slack, { channel, ts }: Params): Said {
  const message = slack.messages.find((each) => each.ts === ts && each.channel === channel);
  if (!message) return refuse('message_not_found');
  slack.messages = slack.messages.filter((each) => each !== message);
  return { status: 200, body: { ok: true, channel, ts } };
}

function respond(slack: Slack, { path, raw }: Asked): Said {
  const { text, blocks, replace_original: replace } = JSON.parse(raw) as Params & { replace_original?: boolean };
  const message = slack.messages.find(({ ts }) => ts === path.slice('/respond/'.length));
  if (replace === true && message) Object.assign(message, { text, blocks, edits: message.edits + 1 });
  else slack.whispers.push(unescape(text ?? ''));
  return { status: 200, body: 'ok' };
}

function payloadOf(slack: Slack, { channel, ts, text, blocks }: SlackMessage, value: string, account: string): object {
  return {
    type: 'block_actions',
    user: { id: account, username: 'somebody', team_id: 'T01' },
    api_app_id: 'A01',
    container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
    channel: { id: channel, name: 'releases' },
    message: { type: 'message', text, ts, blocks },
    trigger_id: `trigger-${slack.next++}`,
    response_url: `${slack.url}/respond/${ts}`,
    actions: [{ type: 'button', action_id: 'runbook-approve', block_id: 'b', value, action_ts: ts }],
  };
}
