import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PayloadCodec } from '@temporalio/common';
import { JSONToPayload, payloadToJSON, type JSONPayload } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';
import { messageOf } from '../core/errors.js';

/** More than any page of the Temporal UI asks for at once. */
const largestBodyBytes = 32 * 1024 * 1024;

const Body = z.object({
  payloads: z.array(
    z.looseObject({
      metadata: z.record(z.string(), z.string()).nullish(),
      data: z.string().nullish(),
    }),
  ),
});

interface CodecServerOptions {
  codecs: readonly PayloadCodec[];
  /** 0 takes a free one. */
  port: number;
  /** Addresses of pages that may ask; none: every port of this machine. */
  origins: readonly string[];
}

/** A codec server that runs. */
export interface CodecServer {
  address: string;
  close(): Promise<void>;
}

function isAllowed(origin: string, origins: readonly string[]): boolean {
  return origins.length > 0 ? origins.includes(origin) : /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(origin);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): z.infer<typeof Body> | undefined {
  try {
    return Body.safeParse(JSON.parse(text)).data;
  } catch {
    // No JSON: answered like any other body that is not what was asked for.
    return undefined;
  }
}

/** The first codec encrypts first, so it decrypts last. */
async function translate(
  codecs: readonly PayloadCodec[],
  verb: 'encode' | 'decode',
  json: JSONPayload[],
): Promise<JSONPayload[]> {
  let payloads = json.map((payload) => JSONToPayload(payload));
  for (const codec of verb === 'encode' ? codecs : [...codecs].reverse()) payloads = await codec[verb](payloads);
  return payloads.map((payload) => payloadToJSON(payload));
}

async function handle(request: IncomingMessage, response: ServerResponse, options: CodecServerOptions): Promise<void> {
  const { origin } = request.headers;
  response.setHeader('vary', 'origin');
  // A page from elsewhere must not even learn whether a key fits: it gets no answer, not only no CORS headers.
  if (origin !== undefined && !isAllowed(origin, options.origins)) {
    answer(response, 403, { message: `origin ${origin} is not allowed; start with --origin ${origin}` });
    return;
  }
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
    response.setHeader('access-control-allow-headers', 'x-namespace, content-type, authorization');
    response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-allow-private-network', 'true');
  }
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
    return;
  }
  // A UI that serves several namespaces puts the name into the path.
  const verb = /\/(encode|decode)$/.exec(request.url?.split('?')[0] ?? '')?.[1];
  if (request.method !== 'POST' || (verb !== 'encode' && verb !== 'decode')) {
    answer(response, 404, { message: 'expected POST /decode or POST /encode' });
    return;
  }
  const text = await readBody(request);
  const body = text === undefined ? undefined : parseBody(text);
  if (!body) {
    answer(response, text === undefined ? 413 : 400, {
      message: 'expected {"payloads": [{"metadata": {}, "data": ""}]}',
    });
    return;
  }
  answer(response, 200, { payloads: await translate(options.codecs, verb, body.payloads as JSONPayload[]) });
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  // Rejects when the port is taken.
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a codec server for the Temporal UI. It listens on this machine only: whoever can ask it can read every run. */
export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else answer(response, 400, { message: messageOf(error) });
    });
  });
  const address = await listen(server, options.port);
  return {
    address,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
