import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConsole } from '../../client/api/console/files.js';
import { writeDocument } from '../../client/api/console/document.js';
import type { RunRecord } from '../../core/record.js';
import { credentials, drillReport, ledgerOf, listedRuns, schedules } from './others.js';
import { now, records } from './runs.js';

/** The console with answers that are made up: months of drills and a canary that went bad are nowhere to be had at once. */
export interface ExampleConsole {
  url: string;
  /** What is answered instead, by path without the query; a function is asked each time. */
  answers: Map<string, unknown>;
  /** Tells those who watch a run that it has changed. */
  push(record: RunRecord): void;
  close(): Promise<void>;
}

const me = { name: 'bob', via: 'company', groups: ['company:sre'], roles: ['releasers'] };

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

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Serves the console as the API does, without Temporal. */
export async function serveExample(): Promise<ExampleConsole> {
  const files = await readConsole();
  const answers = new Map<string, unknown>();
  const watching = new Map<ServerResponse, string>();
  const document = (language: 'en') => writeDocument(files, { language, title: 'Runbooks', body: '', runs: true });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://example');
    if (pathname === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end(document('en'));
    const file = files.files.get(pathname.replace(`/console/${files.version}/`, ''));
    if (file) return void response.writeHead(200, { 'content-type': file.type }).end(file.plain);
    const events = /^\/v1\/runs\/(.+)\/events$/.exec(pathname)?.[1];
    if (events !== undefined) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 500\n\n');
      watching.set(response, events);
      return void response.once('close', () => watching.delete(response));
    }
    const known: unknown = answers.get(pathname);
    const found = known === undefined ? usualAnswer(pathname, searchParams) : known;
    if (found instanceof Response) return json(response, found.status, { detail: found.statusText });
    if (found === undefined) return json(response, 404, { detail: `${pathname}: there is no such thing` });
    json(response, 200, found);
  }

  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
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
