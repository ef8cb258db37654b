import { z } from 'zod';
import { RunbookError } from '../../core/errors.js';
import type { ChannelSpec } from '../../runbooks/channel-kinds.js';
import { readToken } from '../token-file.js';
import type { Channel, Message } from './channel.js';
import { expectAnswer } from './post.js';
import { callBot } from './telegram-api.js';
import { changeLines } from './text.js';

type TelegramSpec = Extract<ChannelSpec, { kind: 'telegram' }>;

/** Of a message, once its markup is read: https://core.telegram.org/bots/api#sendmessage */
const longestText = 4096;

const Sent = z.object({ message_id: z.number(), chat: z.object({ id: z.number() }) });

/** https://core.telegram.org/bots/api#html-style */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** What is said of a run stands as code: there an @name calls nobody, and an address is no link. */
function render(message: Message): string {
  const { title, facts, changes, link } = message;
  const lines = [
    title,
    ...facts.map(({ label, text }) => `${label}: ${text}`),
    `${changes.heading}:`,
    link?.text ?? '',
  ];
  const room = longestText - lines.join('\n').length - 1;
  const list = changeLines(message, room, escape).join('\n');
  return [
    `<b>${escape(title)}</b>`,
    ...facts.map(({ label, text }) => `${escape(label)}: <code>${escape(text)}</code>`),
    ...(changes.list.length > 0 ? [`${escape(changes.heading)}:\n<pre>${list}</pre>`] : []),
    ...(link ? [`<a href="${escape(link.url)}">${escape(link.text)}</a>`] : []),
  ].join('\n');
}

function keyboard({ buttons }: Message): object {
  const row = buttons.map(({ text, data }) => ({ text, callback_data: data }));
  return { inline_keyboard: row.length > 0 ? [row] : [] };
}

/** What is answered where there is nothing left to be done, or nothing can be: a bot deletes only what is younger than two days. */
const done =
  /message is not modified|message to (edit|delete) not found|message can't be (edited|deleted)|MESSAGE_ID_INVALID/;

async function unlessDone(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof RunbookError && error.code === 'Refused' && done.test(error.message))) throw error;
  });
}

function addressOf(handle: string): { chat_id: number; message_id: number } {
  const [chat = 0, id = 0] = handle.split('/').map(Number);
  return { chat_id: chat, message_id: id };
}

/**
 * Messages of a bot. Telegram takes no key of ours: one whose answer was lost is sent again, and is there twice.
 * @see https://core.telegram.org/bots/api#sendmessage, #editmessagetext, #deletemessage
 */
export function telegramChannel(spec: TelegramSpec, tokens: string): Channel {
  const where = `telegram chat ${spec.chat}`;
  const call = async (method: string, json: object) =>
    callBot(where, { address: spec.address, token: await readToken(tokens, spec.token) }, method, json);
  const written = (message: Message) => ({
    text: render(message),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    reply_markup: keyboard(message),
  });
  return {
    async send(message, before) {
      const reply = before !== undefined && { message_id: addressOf(before).message_id };
      const sent = await call('sendMessage', {
        chat_id: spec.chat,
        ...written(message),
        ...(reply && { reply_parameters: { ...reply, allow_sending_without_reply: true } }),
      });
      const { chat, message_id: id } = expectAnswer(where, Sent, sent);
      return `${chat.id}/${id}`;
    },
    close: (handle, message) => unlessDone(call('editMessageText', { ...addressOf(handle), ...written(message) })),
    withdraw: (handle) => unlessDone(call('deleteMessage', addressOf(handle))),
  };
}
