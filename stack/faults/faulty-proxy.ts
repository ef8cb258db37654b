import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';

/** How one request goes wrong: did the server see it, and what does the client get (a status, nothing, or no end of waiting)? */
export interface Fault {
  done: boolean;
  answer: 502 | 503 | 504 | 'breaks off' | 'hangs';
}

/** A request as the schedule sees it, before the server does. */
export interface ProxiedRequest {
  /** Counted from 0, over all requests. */
  index: number;
  method: string;
  path: string;
}

/** Says of each request whether it goes wrong, and how. */
export type Schedule = (request: ProxiedRequest) => Fault | undefined | Promise<Fault | undefined>;

/** A change that the server has made, whatever its client heard of it. */
export interface Change {
  method: string;
  path: string;
  resourceVersion: string | undefined;
}

/** A proxy in front of an API server that can fail on demand. */
export interface FaultyProxy {
  /** For clients that go through it. */
  kubeConfig: KubeConfig;
  /** What goes wrong from now on. */
  schedule: Schedule;
  changes: Change[];
  /** How many requests have gone wrong. */
  faults: number;
  stop(): void;
}

/** Answers as the API server would name a proxy's own failure. */
const failure = JSON.stringify({
  kind: 'Status',
  status: 'Failure',
  message: 'made to fail',
  reason: 'ServiceUnavailable',
});

interface Answer {
  status: number;
  body: string;
}

/** Starts a proxy on a free port of this machine; it speaks to the API server with the kubeconfig's own credentials. */
export async function startFaultyProxy(kubeConfigFile: string): Promise<FaultyProxy> {
  const upstream = new KubeConfig();
  upstream.loadFromFile(kubeConfigFile);
  // Nobody else on this machine may use the proxy's credentials.
  const token = randomUUID();
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeConfig = new KubeConfig();
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kubeConfig.loadFromClusterAndUser({ name: 'proxy', server: address, skipTLSVerify: true }, { name: 'proxy', token });
  const agent = new https.Agent({ keepAlive: true });
  let index = 0;
  const proxy: FaultyProxy = {
    kubeConfig,
    schedule: () => undefined,
    changes: [],
    faults: 0,
    stop: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end();
    const { method = 'GET', url = '/' } = request;
    const fault = await proxy.schedule({ index: index++, method, path: url });
    if (fault) proxy.faults += 1;
    const done = !fault || fault.done;
    const answer = done ? await forward(upstream, agent, request, body).catch(unanswered) : undefined;
    if (answer && answer.status < 300 && method !== 'GET' && !url.includes('dryRun')) {
      proxy.changes.push({ method, path: url.split('?')[0] ?? url, resourceVersion: versionIn(answer.body) });
    }
    if (fault?.answer === 'hangs') return;
    if (fault?.answer === 'breaks off') return void request.socket.destroy();
    const sent = fault ? { status: fault.answer, body: failure } : answer;
    response.writeHead(sent?.status ?? 502, { 'content-type': 'application/json' }).end(sent?.body);
  }
  return proxy;
}

function unanswered(): Answer {
  return { status: 502, body: failure };
}

function versionIn(body: string): string | undefined {
  return (JSON.parse(body) as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
}

async function forward(
  upstream: KubeConfig,
  agent: https.Agent,
  request: IncomingMessage,
  body: string,
): Promise<Answer> {
  const { method, url = '/', headers } = request;
  const { 'content-type': contentType, accept } = headers;
  const options: RequestOptions = { method: method ?? 'GET' };
  await upstream.applyToHTTPSOptions(options);
  const sent = Buffer.from(body);
  const described = { ...(contentType && { 'content-type': contentType }), ...(accept && { accept }) };
  return new Promise((resolve, reject) => {
    const outgoing = https.request(
      new URL((upstream.getCurrentCluster()?.server ?? '') + url),
      { ...options, agent, headers: { ...described, 'content-length': sent.length } },
      (response) =>
        void text(response).then((found) => resolve({ status: response.statusCode ?? 502, body: found }), reject),
    );
    outgoing.setTimeout(10_000, () => outgoing.destroy(new Error('no answer within 10 s')));
    outgoing.on('error', reject);
    outgoing.end(sent);
  });
}
