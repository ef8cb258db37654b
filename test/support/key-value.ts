// A fake of Vault's key-value engine, version 2, after https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 and
// https://developer.hashicorp.com/vault/api-docs/system/capabilities-self: versions, check-and-set, deletion, one token. All of Vault takes
// longer to build than the tests may last; failures come from a proxy in front of it (faulty-store.ts).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Version {
  data: Record<string, unknown>;
  deleted: boolean;
}

/** The fake, with what a test looks at and changes behind the client's back. */
export interface KeyValue {
  address: string;
  token: string;
  /** All versions of each path, the first one first. */
  versions: Map<string, Version[]>;
  /** What the token may do. */
  capabilities: string[];
  stop(): void;
}

/** Starts it on a free port of this machine; the engine is mounted at `secret`. */
export async function startKeyValue(): Promise<KeyValue> {
  const engine: KeyValue = {
    address: '',
    token: 'hvs.token-of-the-tests',
    versions: new Map(),
    capabilities: ['create', 'read', 'update'],
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  const server = createServer((request, response) => {
    answer(engine, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  engine.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return engine;
}

async function answer(engine: KeyValue, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (status: number, body: object) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const { method = '', url = '', headers } = request;
  const body = method === 'GET' ? {} : ((await json(request)) as Record<string, unknown>);
  if (headers['x-vault-token'] !== engine.token) {
    say(403, { errors: ['permission denied'] });
    return;
  }
  if (url === '/v1/sys/capabilities-self') {
    const [path = ''] = body['paths'] as string[];
    say(200, { [path]: engine.capabilities, capabilities: engine.capabilities });
    return;
  }
  const path = /^\/v1\/secret\/data\/(.+)$/.exec(url)?.[1];
  if (path === undefined) {
    say(404, { errors: [] });
    return;
  }
  const known = engine.versions.get(path) ?? [];
  const last = known.at(-1);
  const metadata = {
    version: known.length,
    destroyed: false,
    deletion_time: last?.deleted ? '2026-01-01T00:00:00Z' : '',
  };
  if (method === 'GET') {
    if (!last) {
      say(404, { errors: [] });
      return;
    }
    say(last.deleted ? 404 : 200, { data: { data: last.deleted ? null : last.data, metadata } });
    return;
  }
  const { options, data } = body as { options?: { cas?: number }; data: Version['data'] };
  if (options?.cas !== undefined && options.cas !== known.length) {
    say(400, { errors: ['check-and-set parameter did not match the current version'] });
    return;
  }
  engine.versions.set(path, [...known, { data, deleted: false }]);
  say(200, { data: { version: known.length + 1 } });
}
