// A fake of OpenAI's administration interface for one project, after
// https://developers.openai.com/api/reference/resources/admin/subresources/organization/subresources/projects (service_accounts, their
// api_keys, and the project's api_keys), and of GET /v1/models. There is no other one to be had; failures come from a proxy in front of it.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { startHttpServer, type HttpServer } from './http-server.js';

interface Key {
  id: string;
  name: string;
  value: string;
  /** Seconds since 1970. */
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  owner: { type: 'service_account'; service_account: { id: string } };
}

/** The fake, with what a test looks at and changes behind the client's back. */
export interface OpenAi extends HttpServer {
  /** With the version. */
  address: string;
  admin: string;
  keys: Key[];
  add(account: string, name: string, expiresInSeconds?: number | null): Key;
}

/** Which project it has, and which accounts are in it. */
export const project = 'proj_shop';
export const accounts = ['svc_acct_orders', 'svc_acct_reports'];

const now = () => Math.floor(Date.now() / 1000);

/** Starts it on a free port; pages hold two keys. */
export async function startOpenAi(admin = 'sk-admin-PLANTED-51d2'): Promise<OpenAi> {
  const server = await startHttpServer((request, response) => {
    answer(openAi, request).then(
      ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => request.socket.destroy(),
    );
  });
  const openAi: OpenAi = Object.assign(server, {
    address: `${server.url}/v1`,
    admin,
    keys: [] as Key[],
    add(account: string, name: string, expiresInSeconds: number | null = null) {
      const key: Key = {
        id: `key_${randomBytes(6).toString('hex')}`,
        name,
        value: `sk-svcacct-PLANTED-${randomBytes(18).toString('base64url')}`,
        created_at: now(),
        expires_at: expiresInSeconds === null ? null : now() + expiresInSeconds,
        last_used_at: null,
        owner: { type: 'service_account', service_account: { id: account } },
      };
      openAi.keys.push(key);
      return key;
    },
  });
  return openAi;
}

const problem = (message: string, code: string | null) => ({
  error: { message, type: 'invalid_request_error', param: null, code },
});

type Said = [status: number, body: object];

async function answer(openAi: OpenAi, request: IncomingMessage): Promise<Said> {
  const { method = '', headers } = request;
  const url = new URL(request.url ?? '', openAi.url);
  const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
  if (url.pathname === '/v1/models') return listModels(openAi, token);
  if (token !== openAi.admin) return [401, problem(`Incorrect API key provided: ${token}.`, 'invalid_api_key')];
  const [, place, id, rest] =
    /^\/v1\/organization\/projects\/proj_shop\/(service_accounts|api_keys)(?:\/([^/]+))?(\/api_keys)?$/.exec(
      url.pathname,
    ) ?? [];
  if (place === 'service_accounts' && id !== undefined && accounts.includes(id)) {
    if (method === 'GET' && rest === undefined) return [200, { object: 'organization.project.service_account', id }];
    if (method === 'POST' && rest !== undefined) return makeKey(openAi, id, await json(request));
  }
  if (place === 'api_keys' && id === undefined && method === 'GET') return listKeys(openAi, url.searchParams);
  const key = openAi.keys.find((each) => each.id === id);
  if (place !== 'api_keys' || key === undefined) return [404, problem('Not found', null)];
  if (method === 'GET') return [200, shown(key)];
  openAi.keys = openAi.keys.filter((each) => each !== key);
  return [200, { object: 'organization.project.api_key.deleted', id: key.id, deleted: true }];
}

function listModels(openAi: OpenAi, token: string): Said {
  const key = openAi.keys.find(({ value }) => value === token);
  if (!key || (key.expires_at !== null && key.expires_at <= now()))
    return [401, problem(`Incorrect API key provided: ${token}.`, 'invalid_api_key')];
  key.last_used_at = now();
  return [200, { object: 'list', data: [{ id: 'gpt-5', object: 'model' }] }];
}

function makeKey(openAi: OpenAi, account: string, body: unknown): Said {
  const { name = '', expires_in_seconds: seconds } = body as { name?: string; expires_in_seconds?: number };
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 1 && seconds <= 31_536_000))
    return [400, problem(`expires_in_seconds: expected 1 to 31536000, found ${seconds}`, null)];
  const { id, created_at, value, expires_at } = openAi.add(account, name, seconds);
  return [200, { object: 'organization.project.service_account.api_key', id, name, created_at, value, expires_at }];
}

const pageSize = 2;

function listKeys(openAi: OpenAi, query: URLSearchParams): Said {
  const from = openAi.keys.findIndex(({ id }) => id === query.get('after')) + 1;
  const size = Math.min(pageSize, Number(query.get('limit') ?? 20));
  const data = openAi.keys.slice(from, from + size).map(shown);
  const has_more = from + size < openAi.keys.length;
  return [200, { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more }];
}

function shown({ value, ...key }: Key) {
  return {
    object: 'organization.project.api_key',
    ...key,
    redacted_value: `${value.slice(0, 8)}*****${value.slice(-4)}`,
  };
}
