import { z } from 'zod';
import { messageOf } from '../../core/errors.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { callBot } from '../../systems/channels/telegram-api.js';
import { readToken } from '../../systems/token-file.js';
import { headerOf, type ChatAnswer, type ChatDesk, type ChatRequest } from './desk.js';
import { press, type Pressed } from './press.js';
import { isSameSecret } from './same-secret.js';
import { Seen } from './seen.js';

type TelegramSpec = Extract<ChannelSpec, { kind: 'telegram' }>;

/** What Telegram sends to a bot, as far as it is of a button: https://core.telegram.org/bots/api#update */
const Update = z.object({
  update_id: z.int(),
  callback_query: z
    .object({
      id: z.string(),
      from: z.object({ id: z.int() }),
      message: z
        .object({ message_id: z.int(), chat: z.object({ id: z.int(), username: z.string().optional() }) })
        .optional(),
      data: z.string().optional(),
    })
    .optional(),
});

type Query = NonNullable<z.infer<typeof Update>['callback_query']>;

/** For how long Telegram sends an update that it got no answer for: https://core.telegram.org/bots/api#getting-updates */
const keepMs = 24 * 3_600_000;

function parseUpdate(body: Buffer): z.infer<typeof Update> | undefined {
  try {
    return Update.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The channels whose bot has sent a request: it says the secret that its webhook was set with. */
async function sendersOf({ channels, tokens }: ChatDesk, secret: string): Promise<TelegramSpec[]> {
  const found: TelegramSpec[] = [];
  for (const spec of Object.values(channels.channels))
    if (spec.kind === 'telegram' && spec.presses !== undefined)
      if (isSameSecret(await readToken(tokens, spec.presses), secret)) found.push(spec);
  return found;
}

/** Answers who has pressed; a message whose gate is over loses its buttons: it may be one that was sent twice. */
async function say(desk: ChatDesk, spec: TelegramSpec, { id, message }: Query, pressed: Pressed): Promise<void> {
  const bot = { address: spec.address, token: await readToken(desk.tokens, spec.token) };
  const where = `telegram chat ${spec.chat}`;
  const answer = { callback_query_id: id, text: pressed.text, show_alert: !pressed.counts };
  await callBot(where, bot, 'answerCallbackQuery', answer);
  if (!pressed.isOver || !message) return;
  const { chat, message_id } = message;
  const nothing = { inline_keyboard: [] };
  await callBot(where, bot, 'editMessageReplyMarkup', { chat_id: chat.id, message_id, reply_markup: nothing });
}

/**
 * Takes what Telegram sends to the bot's webhook. It is answered when the vote is cast: what was not answered is sent again.
 * @see https://core.telegram.org/bots/api#setwebhook (secret_token)
 */
export function createTelegramChat(desk: ChatDesk): (request: ChatRequest) => Promise<ChatAnswer> {
  const seen = new Seen(keepMs);
  return async (request) => {
    const senders = await sendersOf(desk, headerOf(request, 'x-telegram-bot-api-secret-token'));
    if (senders.length === 0) return { status: 401, note: 'telegram: expected the secret of a bot’s webhook' };
    const update = parseUpdate(request.body);
    if (!update) return { status: 400, note: 'telegram: expected an update' };
    const { update_id: number, callback_query: query } = update;
    const chat = query?.message?.chat;
    const spec = chat && senders.find((each) => each.chat === chat.id || each.chat === `@${chat.username ?? ''}`);
    if (!query || !spec) return { status: 200, note: 'telegram: nothing that was pressed in a chat of ours' };
    if (!seen.isFirst(`${spec.token} ${number}`)) return { status: 200, note: `telegram: update ${number} once more` };
    const account = { at: 'telegram' as const, id: String(query.from.id) };
    const pressed = await press(desk, { account, data: query.data ?? '', language: spec.language });
    const answered = await say(desk, spec, query, pressed).then(
      () => '',
      (error: unknown) => `; not answered: ${messageOf(error)}`,
    );
    return { status: 200, note: `${pressed.note}${answered}` };
  };
}
