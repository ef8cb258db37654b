import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { readConsole } from '../../client/api/console/files.js';
import { policy } from '../../client/api/console/page-headers.js';
import { writeDocument } from '../../client/api/console/document.js';
import type { RunRecord } from '../../core/record.js';
import { credentials, drillReport, ledgerOf, listedRuns, schedules } from './others.js';
import { now, records } from './runs.js';

/** An answer that refuses. */
export class Refused {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {}
}

/** The console with answers that are made up: months of drills and a canary that went bad are nowhere to be had at once. */
export interface ExampleConsole {
  url: string;
  /** What is answered instead, by path without the query. */
  answers: Map<string, unknown>;
  /** What it was asked to do. */
  orders: Array<{ path: string; body: unknown }>;
  /** Tells those who watch a run that it has changed. */
  push(record: RunRecord): void;
  close(): Promise<void>;
}

const me = { name: 'bob', via: 'company', groups: ['company:sre'], roles: ['releasers'] };

/** What is added to a vote when it is recorded. */
const recorded = { by: me.name, at: now, trust: 'signed', provenBy: me.via, via: 'update', gate: 1 };

function runsLike(query: URLSearchParams): unknown {
  const runs = listedRuns.filter((run) =>
    (['kind', 'service', 'environment', 'state'] as const).every((name) =>
      [null, '', run[name]].includes(query.get(name)),
    ),
  );
  return { runs };
}

function usualAnswer(path: string, query: URLSearchParams): unknown {
  if (path === '/v1/whoami') return me;
  if (path === '/v1/can-i') return { allowed: true, why: 'rule 1 allows releasers to approve' };
  if (path === '/v1/runs') return runsLike(query);
  if (path === '/v1/credentials') return { credentials, at: now };
  if (path === '/v1/schedules') return { schedules };
  if (path.startsWith('/v1/drills/')) return drillReport;
  const schedule = /^\/v1\/schedules\/(.+)\/ledger$/.exec(path)?.[1];
  if (schedule !== undefined) return ledgerOf(schedule);
  const id = /^\/v1\/runs\/([^/]+\/[^/]+\/[^/]+)$/.exec(path)?.[1];
  const wanted = query.get('runId');
  const record = records.find(({ workflowId, runId }) => workflowId === id && (wanted === null || runId === wanted));
  return record && { record, withoutWorker: false };
}

/** Serves the console as the API does, without Temporal. */
export async function serveExample(): Promise<ExampleConsole> {
  const files = await readConsole();
  const document = writeDocument(files, { language: 'en', title: 'Runbooks', body: '', runs: true });
  const answers = new Map<string, unknown>();
  const orders: ExampleConsole['orders'] = [];
  const watching = new Map<ServerResponse, string>();

  function watch(response: ServerResponse, id: string): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 500\n\n');
    watching.set(response, id);
    response.once('close', () => watching.delete(response));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://example');
    const send = (status: number, type: string, body: string | Buffer) => {
      response.writeHead(status, { 'content-type': type, 'content-security-policy': policy }).end(body);
    };
    const file = files.files.get(pathname.replace(`/console/${files.version}/`, ''));
    const watched = /^\/v1\/runs\/(.+)\/events$/.exec(pathname)?.[1];
    if (pathname === '/') send(200, 'text/html; charset=utf-8', document);
    else if (file) send(200, file.type, file.plain);
    else if (watched !== undefined) watch(response, watched);
    else {
      const body: unknown = request.method === 'POST' ? JSON.parse(await text(request)) : undefined;
      if (body !== undefined) orders.push({ path: pathname, body });
      const usual = body === undefined ? usualAnswer(pathname, searchParams) : { ...(body as object), ...recorded };
      const found = answers.get(pathname) ?? usual ?? new Refused(404, `${pathname}: there is no such thing`);
      const status = found instanceof Refused ? found.status : 200;
      send(status, 'application/json', JSON.stringify(found));
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    orders,
    push(record) {
      for (const [response, id] of watching)
        if (id === record.workflowId) response.write(`event: record\ndata: ${JSON.stringify(record)}\n\n`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
