import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { KubernetesApi } from '../../../systems/kubernetes/api.js';
import type { ManagedObject } from '../../../systems/kubernetes/objects.js';

/** A request as the server understood it. */
interface SeenRequest {
  method: string;
  path: string;
  query: string;
  contentType: string | undefined;
  body: unknown;
  /** Tells connections apart: the client's port. */
  connection: number | undefined;
}

/** How one request goes wrong: an answer instead, none at all, or none after the change was made. */
export type Fault = { status: number; body: string } | 'hangs' | 'breaks off' | 'loses the answer';

/** A Status object as the API server answers it. */
export function failure(status: number, reason: string, message: string): Fault {
  return { status, body: JSON.stringify({ kind: 'Status', status: 'Failure', reason, message, code: status }) };
}

interface Pair {
  key: string;
  cert: string;
}

let pair: Pair | undefined;

/** A pair that a browser would not trust; made by each test file, so that no key lies in the repository. */
function selfSigned(): Pair {
  const base = join(tmpdir(), `api-server-${randomUUID()}`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const out = ['-keyout', `${base}.key`, '-out', `${base}.crt`, '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...out], { stdio: 'ignore' });
  try {
    return { key: readFileSync(`${base}.key`, 'utf8'), cert: readFileSync(`${base}.crt`, 'utf8') };
  } finally {
    rmSync(`${base}.key`, { force: true });
    rmSync(`${base}.crt`, { force: true });
  }
}

/** The part of the Kubernetes API that the adapter uses, with state: versions, generations, conflicts; it can fail on demand. */
export class ApiServer {
  readonly requests: SeenRequest[] = [];
  readonly objects = new Map<string, ManagedObject>();
  /** Called before each request is answered: what somebody else does in between. */
  before: (request: SeenRequest) => void = () => undefined;
  private readonly faults: Array<{ method: string; fault: Fault }> = [];
  private version = 1;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ApiServer> {
    const https = createServer((pair ??= selfSigned()));
    const server = new ApiServer(https);
    https.on('request', (request: IncomingMessage, response: ServerResponse) => void server.take(request, response));
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get api(): KubernetesApi {
    return apiAt(this.url);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Puts an object there, as somebody else would. */
  put(path: string, object: object): void {
    const given = object as ManagedObject;
    const before = this.objects.get(path)?.metadata.generation ?? 0;
    this.version += 1;
    const metadata = { ...given.metadata, resourceVersion: String(this.version), generation: before + 1 };
    this.objects.set(path, { ...given, metadata });
  }

  /** The next request of this method goes wrong. */
  failNext(method: string, fault: Fault): void {
    this.faults.push({ method, fault });
  }

  /** The methods of the requests that change something, in order. */
  changes(): string[] {
    return this.requests.flatMap(({ method, query }) => (method === 'GET' || query.includes('dryRun') ? [] : [method]));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '/', this.url);
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.search,
      contentType: request.headers['content-type'],
      body: text === '' ? undefined : JSON.parse(text),
      connection: request.socket.remotePort,
    };
    this.requests.push(seen);
    this.before(seen);
    const index = this.faults.findIndex(({ method }) => method === seen.method);
    const fault = index < 0 ? undefined : this.faults.splice(index, 1)[0]?.fault;
    if (fault === 'hangs') return;
    if (fault === 'breaks off') return void request.socket.destroy();
    const answer = typeof fault === 'object' ? fault : this.answer(seen);
    if (fault === 'loses the answer') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }

  private answer({ method, path, query, body }: SeenRequest): { status: number; body: string } {
    const found = this.objects.get(path);
    const notFound = failure(404, 'NotFound', `"${path.split('/').at(-1)}" not found`) as {
      status: number;
      body: string;
    };
    if (method === 'GET' && /\/namespaces\/[^/]+\/[^/]+$/.test(path)) {
      const items = [...this.objects].filter(([each]) => each.startsWith(`${path}/`)).map(([, object]) => object);
      return { status: 200, body: JSON.stringify({ kind: 'List', items }) };
    }
    if (method === 'PATCH' && query.includes('dryRun')) return { status: 200, body: JSON.stringify(body) };
    if (method === 'PATCH') this.put(path, merge(found ?? {}, body) as object);
    else if (!found) return notFound;
    if (method === 'PUT') {
      const wanted = (body as ManagedObject).metadata.resourceVersion;
      if (wanted !== found?.metadata.resourceVersion) {
        return failure(409, 'Conflict', 'the object has been modified') as { status: number; body: string };
      }
      if (!query.includes('dryRun')) this.put(path, body as object);
    }
    if (method === 'DELETE') this.objects.delete(path);
    return { status: 200, body: JSON.stringify(this.objects.get(path) ?? found) };
  }
}

/** An adapter for the API at an address, without checking its certificate. */
export function apiAt(server: string): KubernetesApi {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: 'test', server, skipTLSVerify: true }, { name: 'test' });
  return new KubernetesApi(kubeConfig);
}

function merge(under: unknown, over: unknown): unknown {
  if (typeof over !== 'object' || over === null || Array.isArray(over)) return over;
  const base = typeof under === 'object' && under !== null && !Array.isArray(under) ? under : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
