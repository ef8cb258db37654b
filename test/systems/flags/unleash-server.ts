// Stands for a flag server, for the real ones are an npm package on PostgreSQL (Unleash) and a program that is no module of the
// Go proxy here (flagd). The admin API follows Unleash's OpenAPI document (getFeatureEnvironment, toggleFeatureEnvironmentOff,
// https://docs.getunleash.io/api/toggle-feature-environment-off), the evaluation OFREP 0.2's
// (https://github.com/open-feature/protocol/blob/main/service/openapi.yaml). It keeps its flags, and fails on demand.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FlagServer {
  url: string;
  /** Flags by PROJECT/ENVIRONMENT/NAME: on or off. */
  flags: Map<string, boolean>;
  /** What OFREP answers; the flag's value in production unless it is set. */
  seen: { value?: unknown; reason: string } | undefined;
  /** Requests so far, as METHOD PATH. */
  requests: string[];
  /** The next answers: "none" as it should be, a status to fail with, "lost" to act and cut the connection, "silent" never to answer. */
  failures: Array<number | 'none' | 'lost' | 'silent'>;
  close(): Promise<void>;
}

export const adminToken = '*:*.admin-token-of-the-tests';
export const ofrepToken = 'ofrep-token-of-the-tests';

const path = /^\/api\/admin\/projects\/([^/]+)\/features\/([^/]+)\/environments\/([^/]+?)(\/off)?$/;

type Answer = [status: number, body?: unknown];

function answerAdmin(server: FlagServer, request: IncomingMessage): Answer {
  const parts = path.exec(request.url ?? '')?.slice(1, 4) ?? [];
  const [project = '', feature = '', environment = ''] = parts.map(decodeURIComponent);
  if (request.headers.authorization !== adminToken)
    return [401, { id: '1', name: 'AuthenticationRequired', message: 'You must log in to use Unleash.' }];
  const key = `${project}/${environment}/${feature}`;
  if (!server.flags.has(key))
    return [404, { id: '2', name: 'NotFoundError', message: `Could not find feature ${feature}` }];
  if (request.method === 'POST' && request.url?.endsWith('/off')) {
    server.flags.set(key, false);
    return [200, { name: feature, project }];
  }
  return [200, { name: environment, featureName: feature, environment, enabled: server.flags.get(key) }];
}

function answerOfrep(server: FlagServer, request: IncomingMessage, body: string): Answer {
  const key = decodeURIComponent((request.url ?? '').split('/').at(-1) ?? '');
  if (request.headers.authorization !== `Bearer ${ofrepToken}`) return [401];
  const { context } = JSON.parse(body) as { context?: unknown };
  if (typeof context !== 'object') return [400, { key, errorCode: 'INVALID_CONTEXT' }];
  const on = [...server.flags].find(([each]) => each.endsWith(`/production/${key}`));
  if (!on) return [404, { key, errorCode: 'FLAG_NOT_FOUND' }];
  return [200, { key, ...(server.seen ?? { value: on[1], variant: on[1] ? 'on' : 'off', reason: 'STATIC' }) }];
}

function answer(server: FlagServer, request: IncomingMessage, response: ServerResponse, body: string): void {
  server.requests.push(`${request.method} ${request.url}`);
  const failure = server.failures.shift();
  if (failure === 'silent') return;
  const evaluates = request.url?.startsWith('/ofrep/v1/evaluate/flags/');
  const [status, json] =
    typeof failure === 'number'
      ? [failure, { message: `token ${adminToken} is refused` }]
      : evaluates
        ? answerOfrep(server, request, body)
        : answerAdmin(server, request);
  if (failure === 'lost') response.destroy();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}

/** Starts one on a free port, with the flag default/production/new-cart on. */
export async function startFlagServer(): Promise<FlagServer> {
  const listener: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(server, request, response, body));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const server: FlagServer = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    flags: new Map([['default/production/new-cart', true]]),
    seen: undefined,
    requests: [],
    failures: [],
    async close() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}
