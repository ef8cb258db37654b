import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../../core/errors.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { failureOf, post } from '../../systems/channels/post.js';
import { escapeSlack } from '../../systems/channels/slack.js';
import { readToken } from '../../systems/token-file.js';
import { headerOf, type ChatAnswer, type ChatDesk, type ChatRequest } from './desk.js';
import { press, type Pressed } from './press.js';
import { isSameSecret } from './same-secret.js';
import { Seen } from './seen.js';

type SlackSpec = Extract<ChannelSpec, { kind: 'slack' }>;

/** What Slack sends when somebody presses: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
const Payload = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string() }),
  container: z.object({ channel_id: z.string() }),
  message: z.object({ text: z.string(), blocks: z.array(z.looseObject({ type: z.string() })).default([]) }),
  response_url: z.url(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).min(1),
});

type Payload = z.infer<typeof Payload>;

/** An older request may be a recorded one: https://docs.slack.dev/authentication/verifying-requests-from-slack */
const latestSeconds = 300;

function parsePayload(body: Buffer): Payload | undefined {
  try {
    const text = new URLSearchParams(body.toString('utf8')).get('payload') ?? '';
    return Payload.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isTimely(timestamp: string, nowMs: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs / 1000 - Number(timestamp)) <= latestSeconds;
}

/** The channels whose app has signed a request. */
async function sendersOf({ channels, tokens }: ChatDesk, request: ChatRequest): Promise<SlackSpec[]> {
  const signature = headerOf(request, 'x-slack-signature');
  const signed = Buffer.concat([Buffer.from(`v0:${headerOf(request, 'x-slack-request-timestamp')}:`), request.body]);
  const found: SlackSpec[] = [];
  for (const spec of Object.values(channels.channels)) {
    if (spec.kind !== 'slack' || spec.presses === undefined) continue;
    const mac = createHmac('sha256', await readToken(tokens, spec.presses))
      .update(signed)
      .digest('hex');
    if (isSameSecret(`v0=${mac}`, signature)) found.push(spec);
  }
  return found;
}

/** Slack's own host, or that of the address that the channel names. */
function isSlacks({ address }: SlackSpec, url: string): boolean {
  const { origin } = new URL(url);
  return origin === new URL(address).origin || /^https:\/\/hooks\.slack(-gov)?\.com$/.test(origin);
}

/** Whispers to who has pressed; a message whose gate is over loses its buttons: it may be one that was sent twice. */
async function say(spec: SlackSpec, { message, response_url: url }: Payload, pressed: Pressed): Promise<void> {
  const where = `slack channel ${spec.channel}`;
  const respond = async (json: object) => {
    const posted = await post({ where, url, body: JSON.stringify(json), secrets: [url] });
    if (posted.status !== 200) throw failureOf(where, posted);
  };
  const text = escapeSlack(pressed.text);
  const said = { type: 'section', text: { type: 'plain_text', text, emoji: false } };
  await respond({ response_type: 'ephemeral', replace_original: false, text, blocks: [said] });
  if (!pressed.isOver) return;
  const blocks = [...message.blocks.filter(({ type }) => type !== 'actions'), said];
  await respond({ replace_original: true, text: message.text, blocks });
}

/**
 * Takes what Slack sends to the app's Request URL. It waits three seconds for an answer, so the vote is cast after it.
 * @see https://docs.slack.dev/interactivity/handling-user-interaction
 */
export function createSlackChat(desk: ChatDesk): (request: ChatRequest) => Promise<ChatAnswer> {
  const seen = new Seen(2 * latestSeconds * 1000);
  const vote = async (spec: SlackSpec, payload: Payload, data: string): Promise<string> => {
    const account = { at: 'slack' as const, id: payload.user.id };
    const pressed = await press(desk, { account, data, language: spec.language });
    const answered = await say(spec, payload, pressed).then(
      () => '',
      (error: unknown) => `; not answered: ${messageOf(error)}`,
    );
    return `${pressed.note}${answered}`;
  };
  return async (request) => {
    const timestamp = headerOf(request, 'x-slack-request-timestamp');
    if (!isTimely(timestamp, Date.now())) return { status: 401, note: 'slack: expected a request of these minutes' };
    const senders = await sendersOf(desk, request);
    if (senders.length === 0) return { status: 401, note: 'slack: expected the signature of an app of ours' };
    if (!seen.isFirst(headerOf(request, 'x-slack-signature')))
      return { status: 401, note: 'slack: a request once more' };
    const payload = parsePayload(request.body);
    if (!payload) return { status: 400, note: 'slack: expected a pressed button' };
    const spec = senders.find(({ channel }) => channel === payload.container.channel_id);
    // A link is a button as well.
    const data = payload.actions.find(({ action_id: id }) => /^runbook-(approve|reject)$/.test(id))?.value;
    if (!spec || data === undefined || !isSlacks(spec, payload.response_url))
      return { status: 200, note: 'slack: nothing that was pressed in a channel of ours' };
    return { status: 200, note: `slack ${payload.user.id} has pressed`, work: vote(spec, payload, data) };
  };
}
