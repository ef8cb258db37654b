// A fake of a bot's messages in Telegram's Bot API, after https://core.telegram.org/bots/api: #sendmessage, #editmessagetext,
// #editmessagereplymarkup, #deletemessage, #answercallbackquery, #html-style, #inlinekeyboardbutton, #responseparameters and #setwebhook (the header
// of what it sends to a bot). No bot can be had without a person's account.
import { startProvider, type Asked, type Provider, type Said } from './provider.js';

interface Key {
  text: string;
  callback_data?: string;
}

export interface ChatMessage {
  message_id: number;
  chat: number;
  /** As a person reads it. */
  text: string;
  html: string;
  keys: Key[];
  replyTo?: number;
  edits: number;
}

/** The fake, with what a test looks at and presses. */
export interface TelegramChat extends Provider {
  token: string;
  chat: number;
  messages: ChatMessage[];
  /** The number of the next message. */
  next: number;
  /** What was said to who pressed: by the id of the press. */
  answers: Array<{ callback_query_id: string; text: string; show_alert?: boolean }>;
  /** What Telegram sends to the bot when an account presses a button of a message. */
  press(message: ChatMessage, key: number, account: number, data?: string): string;
}

const hour = 3600;

/** Starts it with one bot in one chat; it asks for a second of patience where it is to. */
export async function startTelegramChat(token: string, chat: number): Promise<TelegramChat> {
  const refuse = (code: number, description: string, more = {}): Said => ({
    status: code,
    body: { ok: false, error_code: code, description, ...more },
  });
  const act = ({ path, raw }: Asked): Said => {
    const [, given, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (given !== telegram.token) return refuse(401, 'Unauthorized');
    const call = methods[method];
    if (!call) return refuse(404, 'Not Found');
    const result = call(telegram, JSON.parse(raw) as Params);
    return typeof result === 'string'
      ? refuse(400, `Bad Request: ${result}`)
      : { status: 200, body: { ok: true, result } };
  };
  const patience = refuse(429, 'Too Many Requests: retry after 1', { parameters: { retry_after: 1 } });
  let update = 7000;
  const telegram: TelegramChat = Object.assign(await startProvider(act, patience), {
    token,
    chat,
    messages: [],
    next: 100,
    answers: [],
    press: (message: ChatMessage, key: number, account: number, data = message.keys[key]?.callback_data) =>
      JSON.stringify({
        update_id: update++,
        callback_query: {
          id: `press-${update}`,
          from: { id: account, is_bot: false, first_name: 'Somebody', language_code: 'en' },
          message: { message_id: message.message_id, date: hour, chat: { id: message.chat, type: 'supergroup' } },
          chat_instance: '1',
          data,
        },
      }),
  });
  return telegram;
}

interface Params {
  chat_id: number;
  message_id: number;
  text: string;
  parse_mode?: string;
  reply_markup?: { inline_keyboard: Key[][] };
  reply_parameters?: { message_id: number };
  callback_query_id: string;
  show_alert?: boolean;
}

/** What a person reads; undefined where Telegram would not: https://core.telegram.org/bots/api#html-style */
function readHtml(html: string): string | undefined {
  const open: string[] = [];
  const wrong: string[] = [];
  const text = html.replace(/<(\/?)([a-z]+)(?: href="[^"<>]*")?>/g, (whole, end: string, tag: string) => {
    if (!['b', 'i', 'code', 'pre', 'a'].includes(tag)) wrong.push(whole);
    if (end === '') open.push(tag);
    else if (open.pop() !== tag) wrong.push(whole);
    return '';
  });
  if (wrong.length > 0 || open.length > 0 || /[<>]/.test(text)) return undefined;
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };
  return text.replace(/&(lt|gt|quot|amp);/g, (entity) => entities[entity] ?? '');
}

function read({ text: html, reply_markup: markup }: Params): Pick<ChatMessage, 'text' | 'html' | 'keys'> | string {
  const text = readHtml(html);
  if (text === undefined) return "can't parse entities";
  if (text === '') return 'message text is empty';
  if (text.length > 4096) return 'message is too long';
  const keys = markup?.inline_keyboard.flat() ?? [];
  if (keys.some(({ callback_data: data = '' }) => Buffer.byteLength(data) < 1 || Buffer.byteLength(data) > 64))
    return 'BUTTON_DATA_INVALID';
  return { text, html, keys };
}

const methods: Record<string, (telegram: TelegramChat, params: Params) => object | true | string> = {
  sendMessage(telegram, params) {
    if (params.chat_id !== telegram.chat) return 'chat not found';
    const content = read(params);
    if (typeof content === 'string') return content;
    const reply = params.reply_parameters && { replyTo: params.reply_parameters.message_id };
    const message = { message_id: telegram.next++, chat: telegram.chat, ...content, ...reply, edits: 0 };
    telegram.messages.push(message);
    return { message_id: message.message_id, date: hour, chat: { id: telegram.chat, type: 'supergroup' } };
  },
  editMessageText(telegram, params) {
    const message = find(telegram, params);
    if (!message) return 'message to edit not found';
    const content = read(params);
    if (typeof content === 'string') return content;
    if (message.html === content.html && JSON.stringify(message.keys) === JSON.stringify(content.keys))
      return 'message is not modified: specified new message content and reply markup are exactly the same';
    Object.assign(message, content, { edits: message.edits + 1 });
    return { message_id: message.message_id, date: hour, chat: { id: telegram.chat, type: 'supergroup' } };
  },
  editMessageReplyMarkup(telegram, params) {
    const message = find(telegram, params);
    if (!message) return 'message to edit not found';
    const keys = params.reply_markup?.inline_keyboard.flat() ?? [];
    if (JSON.stringify(message.keys) === JSON.stringify(keys)) return 'message is not modified';
    Object.assign(message, { keys, edits: message.edits + 1 });
    return true;
  },
  deleteMessage(telegram, params) {
    const message = find(telegram, params);
    if (!message) return 'message to delete not found';
    telegram.messages = telegram.messages.filter((each) => each !== message);
    return true;
  },
  answerCallbackQuery(telegram, { callback_query_id: id, text, show_alert: alert }) {
    if (text.length > 200) return 'MESSAGE_TOO_LONG';
    telegram.answers.push({ callback_query_id: id, text, ...(alert !== undefined && { show_alert: alert }) });
    return true;
  },
};

function find({ messages }: TelegramChat, { chat_id: chat, message_id: id }: Params): ChatMessage | undefined {
  return messages.find((each) => each.chat === chat && each.message_id === id);
}
