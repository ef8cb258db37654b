// A fake of Telegram's Bot API for one bot and the one that manages it, after https://core.telegram.org/bots/api#getmanagedbottoken,
// #replacemanagedbottoken, #getme and #making-requests. No bot can be had without a person's account.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { startHttpServer, type HttpServer } from './http-server.js';

export const managed = 7001;
const manager = 42;

/** The fake, with what a test looks at and changes behind the client's back. */
export interface Telegram extends HttpServer {
  managerToken: string;
  canManage: boolean;
  /** The one token of the managed bot. */
  token: string;
  /** All that it has ever had. */
  tokens: string[];
}

const newToken = (bot: number) => `${bot}:PLANTED_${randomBytes(20).toString('base64url').slice(0, 27)}`;

/** Starts it on a free port. */
export async function startTelegram(): Promise<Telegram> {
  const first = newToken(managed);
  const server = await startHttpServer((request, response) => {
    answer(telegram, request).then(
      ({ status, ...body }) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(status === 200 ? { ok: true, ...body } : { ok: false, error_code: status, ...body })),
      () => request.socket.destroy(),
    );
  });
  const telegram = Object.assign(server, {
    managerToken: newToken(manager),
    canManage: true,
    token: first,
    tokens: [first],
  });
  return telegram;
}

type Said = { status: number; result?: unknown; description?: string };

async function answer(telegram: Telegram, request: IncomingMessage): Promise<Said> {
  const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
  if (!/^\d+:[\w-]{35}$/.test(token)) return { status: 404, description: 'Not Found' };
  const isManager = token === telegram.managerToken;
  if (!isManager && token !== telegram.token) return { status: 401, description: 'Unauthorized' };
  const name = method.toLowerCase();
  if (name === 'getme') {
    const [id, username] = isManager ? [manager, 'shop_manager_bot'] : [managed, 'shop_bot'];
    const rights = isManager && telegram.canManage ? { can_manage_bots: true } : {};
    return { status: 200, result: { id, is_bot: true, first_name: 'Shop', username, ...rights } };
  }
  const { user_id: user } = (await json(request)) as { user_id?: number };
  if (!isManager || !telegram.canManage || user !== managed)
    return { status: 400, description: 'Bad Request: BOT_INVALID' };
  if (name === 'replacemanagedbottoken') {
    telegram.token = newToken(managed);
    telegram.tokens.push(telegram.token);
  } else if (name !== 'getmanagedbottoken') return { status: 404, description: 'Not Found' };
  return { status: 200, result: telegram.token };
}
