// A made-up service with keys, as smaller services have: what the generic HTTP provider is described for. It follows no document but
// docs/rotation.md; it keeps state, and repeats what it was sent in its errors, as careless services do.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { startHttpServer, type HttpServer } from './http-server.js';

/** The service, with what a test looks at and changes behind the client's back. */
export interface KeyService extends HttpServer {
  admin: string;
  keys: Array<{ id: number; label: string; secret: string }>;
  add(label: string): { id: number; secret: string };
  /** Of the one user that has a password; set, never shown. */
  password: string;
  /** Answers with this status to whoever changes something, and quotes what was sent. */
  trouble: number | undefined;
}

/** Starts it on a free port. */
export async function startKeyService(): Promise<KeyService> {
  const server = await startHttpServer((request, response) => {
    answer(service, request).then(
      ([status, body]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body)),
      () => request.socket.destroy(),
    );
  });
  let made = 0;
  const service: KeyService = Object.assign(server, {
    admin: 'PLANTED/admin+51d2=07',
    keys: [] as KeyService['keys'],
    add(label: string) {
      const key = { id: ++made, label, secret: `PLANTED/key+${randomBytes(12).toString('hex')}=&` };
      service.keys.push(key);
      return key;
    },
    password: 'PLANTED/first+password=9c51',
    trouble: undefined,
  });
  return service;
}

type Said = [status: number, body?: object];

async function answer(service: KeyService, request: IncomingMessage): Promise<Said> {
  const { method = '', url = '', headers } = request;
  const { authorization = '' } = headers;
  const key = String(headers['x-key'] ?? '');
  if (url === '/whoami') {
    const basic = Buffer.from(`shop:${service.password}`).toString('base64');
    const isKnown = service.keys.some(({ secret }) => secret === key) || authorization === `Basic ${basic}`;
    return isKnown ? [200, { name: 'shop' }] : [401, { problem: `unknown ${key}` }];
  }
  // As VK answers: 200, and in the body what is wrong.
  if (url.startsWith('/method')) {
    const isKnown = service.keys.some(({ secret }) => url.endsWith(encodeURIComponent(secret)));
    return [200, isKnown ? { response: [] } : { error: { error_code: url.includes('busy') ? 6 : 5 } }];
  }
  if (authorization !== `Bearer ${service.admin}`) return [403, { problem: `not you: ${authorization}` }];
  if (method === 'GET') return [200, { keys: service.keys.map(({ id, label }) => ({ id, label })) }];
  const body = method === 'DELETE' ? {} : ((await json(request)) as Record<string, string>);
  if (service.trouble !== undefined)
    return [service.trouble, { problem: `cannot take ${JSON.stringify(body)} from ${authorization}` }];
  if (url === '/password') {
    service.password = body['password'] ?? '';
    return [200, {}];
  }
  if (method === 'POST') {
    const { id, secret } = service.add(body['label'] ?? '');
    return [201, { key: { id, secret } }];
  }
  const left = service.keys.filter(({ id }) => id !== Number(url.split('/').at(-1)));
  const isKnown = left.length < service.keys.length;
  service.keys = left;
  return [isKnown ? 204 : 404];
}

/** How a runbook describes it, with keys that it makes. */
export function keysProvider(url: string) {
  const headers = { authorization: 'Bearer {admin}' };
  return {
    kind: 'http',
    noun: 'API key',
    admin: 'service-admin',
    create: {
      method: 'POST',
      url: `${url}/keys`,
      headers,
      json: { label: 'runbook {run}' },
      user: 'key.id',
      password: 'key.secret',
    },
    revoke: { method: 'DELETE', url: `${url}/keys/{user}`, headers },
    list: { url: `${url}/keys`, headers, items: 'keys', user: 'id', name: 'label' },
    check: { kind: 'http', url: `${url}/whoami`, headers: { 'X-Key': '{password}' } },
  };
}

/** How a runbook describes it, with a password of ours. */
export function passwordProvider(url: string) {
  const headers = { authorization: 'Bearer {admin}' };
  return {
    kind: 'http',
    noun: 'password',
    admin: 'service-admin',
    user: 'shop',
    set: { method: 'PUT', url: `${url}/password`, headers, json: { user: '{user}', password: '{password}' } },
    check: { kind: 'http', url: `${url}/whoami`, headers: { authorization: 'Basic {basic}' } },
  };
}
