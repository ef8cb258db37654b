// Follows the HTTP API's own contract: POST /v1/runs with an Idempotency-Key, GET …/events as server-sent events that go on after
// Last-Event-ID, problems as https://www.rfc-editor.org/rfc/rfc9457 says. A run of it does what a test says, when it says so.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { openCiIssuer, type CiIssuer } from './ci-issuer.js';
import { startHttpServer } from './http-server.js';
import { eventually } from './settings.js';

const workflowId = 'deploy/stage/shop';

/** A request as the server took it. */
interface Taken {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** A server with one service, and an issuer of tokens. */
export interface CiServer {
  url: string;
  issuer: CiIssuer;
  /** All requests to the API, refused ones as well. */
  requests: Taken[];
  /** What each started run was asked for. */
  started: Array<{ key: string; body: Record<string, unknown>; runId: string }>;
  /** Answers the next requests, one each, before the API sees them; "drop" lets it see them and breaks off the answer. */
  next: Array<{ status: number; body: string; type?: string; location?: string } | 'drop'>;
  /** Tells whoever follows the run, now and later. */
  moment(what: string, at?: string): void;
  record(record: Record<string, unknown>): void;
  end(outcome: Record<string, unknown>, exitCode: number): void;
  /** Breaks off every connection of whoever follows. */
  cut(): void;
  /** Waits until somebody follows. */
  followed(times?: number): Promise<void>;
  close(): Promise<void>;
}

/** A problem as the API answers it. */
export const problem = (status: number, code: string, detail: string, problems?: object[]) => ({
  status,
  type: 'application/problem+json',
  body: JSON.stringify({
    type: `urn:runbook:${code}`,
    title: code,
    status,
    code,
    detail,
    ...(problems && { problems }),
  }),
});

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Starts it on a free port. */
export async function startCiServer(): Promise<CiServer> {
  const issuer = await openCiIssuer();
  const followers = new Set<ServerResponse>();
  const events: Array<{ id?: number; event: string; data: unknown }> = [];
  let followedTimes = 0;
  const send = (response: ServerResponse, { id, event, data }: (typeof events)[number]) => {
    response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (event === 'end') response.end();
  };
  const tell = (event: string, data: unknown) => {
    const isMoment = event === 'moment';
    const told = { event, data, ...(isMoment && { id: events.length + 1 }) };
    events.push(told);
    for (const response of followers) send(response, told);
  };
  const listener = await startHttpServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    if (url.startsWith('/token')) return issuer.answer(request, response);
    server.requests.push({ method, url, headers });
    const instead = server.next.shift();
    if (instead !== undefined && instead !== 'drop') {
      const location = instead.location === undefined ? {} : { location: instead.location };
      return void response
        .writeHead(instead.status, { 'content-type': instead.type ?? 'text/html', ...location })
        .end(instead.body);
    }
    if (!(await issuer.verify(headers.authorization))) {
      refuse(response, problem(401, 'Forbidden', 'who are you?'));
      return;
    }
    if (method === 'POST' && url === '/v1/runs') return start(request, response, instead === 'drop');
    if (url.startsWith(`/v1/runs/${workflowId}/events?runId=`)) {
      follow(request, response);
      return;
    }
    refuse(response, problem(404, 'NotFound', `there is no ${url}`));
  }

  function refuse(response: ServerResponse, { status, type, body }: ReturnType<typeof problem>): void {
    response.writeHead(status, { 'content-type': type }).end(body);
  }

  async function start(request: IncomingMessage, response: ServerResponse, drop: boolean): Promise<void> {
    const body = await bodyOf(request);
    const key = String(request.headers['idempotency-key']);
    const before = server.started.find((each) => each.key === key);
    if (before && JSON.stringify(before.body) !== JSON.stringify(body)) {
      refuse(response, problem(422, 'InvalidRequest', 'this key was used for another request'));
      return;
    }
    if (!before && server.started.length > 0) {
      refuse(response, problem(409, 'Locked', `${workflowId} is held by another run`));
      return;
    }
    const run = before ?? { key, body, runId: `run-${server.started.length + 1}` };
    if (!before) server.started.push(run);
    if (drop) return void request.socket.destroy();
    const { runId } = run;
    response
      .writeHead(before ? 200 : 201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ workflowId, runId }));
  }

  function follow(request: IncomingMessage, response: ServerResponse): void {
    followedTimes += 1;
    const lastId = Number(request.headers['last-event-id'] ?? 0);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    followers.add(response);
    response.on('close', () => followers.delete(response));
    const record = events.findLast(({ event }) => event === 'record');
    if (record) send(response, record);
    for (const event of events.filter(({ event: name, id = 0 }) => name === 'moment' && id > lastId))
      send(response, event);
    const end = events.find(({ event }) => event === 'end');
    if (end) send(response, end);
  }

  const server: CiServer = {
    url: listener.url,
    issuer,
    requests: [],
    started: [],
    next: [],
    moment: (what, at = '2026-11-21T08:35:01.000Z') => tell('moment', { at, what }),
    record: (record) => tell('record', record),
    end: (outcome, exitCode) => tell('end', { outcome, exitCode }),
    cut() {
      for (const response of followers) response.destroy();
    },
    async followed(times = 1) {
      await eventually(`somebody who follows for the ${times}. time`, 20, () =>
        Promise.resolve(followedTimes >= times),
      );
    },
    close: () => listener.close(),
  };
  return server;
}
