import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { ProxiedRequest } from '../../stack/faults/faulty-proxy.js';

/**
 * How one request goes wrong. `done` says whether the server sees it, `answer` what the client gets: an answer of its own (with a
 * body only where there is a code), no answer at all, none for ever, or the server's own but for what comes after so many bytes.
 */
export interface StoreFault {
  done: boolean;
  answer: { status: number; code: string } | 'breaks off' | 'hangs' | { cutAfter: number };
}

/** A proxy in front of an S3 server that can fail on demand. Bodies are streamed; signatures stay valid. */
export interface FaultyStore {
  /** For clients that go through it. */
  endpoint: string;
  /** What goes wrong from now on. */
  schedule: (request: ProxiedRequest) => StoreFault | undefined;
  /** The requests so far, in words: "PUT /tests/key?partNumber=1". */
  requests: string[];
  /** How many requests have gone wrong. */
  faults: number;
  stop(): void;
}

/** As S3 words an error: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const errorBody = (code: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>made to fail</Message></Error>`;

/** Starts a proxy on a free port of this machine. */
export async function startFaultyStore(target: string): Promise<FaultyStore> {
  const server = createServer((request, response) => {
    // A client that gives up, or that is given up: what the tests are about.
    take(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let index = 0;
  const proxy: FaultyStore = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    schedule: () => undefined,
    requests: [],
    faults: 0,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    proxy.requests.push(`${method} ${url}`);
    const fault = proxy.schedule({ index: index++, method, path: url });
    if (fault) proxy.faults += 1;
    const answer = fault?.answer;
    // Not even its body is read.
    if (answer === 'hangs' && !fault?.done) return;
    if (fault?.done === false && typeof answer === 'object' && 'status' in answer) {
      request.resume().on('end', () => fail(answer));
      return;
    }
    if (answer === 'breaks off' && !fault?.done) return void request.socket.destroy();
    const upstream = await forward(request);
    if (answer === 'breaks off' || answer === 'hangs' || (answer && 'status' in answer)) {
      for await (const _ of upstream); // The server has done it when its answer has ended.
      if (answer === 'breaks off') request.socket.destroy();
      else if (answer !== 'hangs') fail(answer);
      return;
    }
    response.writeHead(upstream.statusCode ?? 502, upstream.headers);
    if (!answer) return pipeline(upstream, response);
    let left = answer.cutAfter;
    for await (const chunk of upstream as AsyncIterable<Buffer>) {
      if (!response.write(chunk.subarray(0, left))) await new Promise((resolve) => response.once('drain', resolve));
      left -= chunk.length;
      if (left <= 0) break;
    }
    // So that what was written has arrived.
    setTimeout(() => request.socket.destroy(), 20);

    function fail({ status, code }: { status: number; code: string }): void {
      response.writeHead(status, { 'content-type': 'application/xml' }).end(code === '' ? '' : errorBody(code));
    }
  }

  async function forward(request: IncomingMessage): Promise<IncomingMessage> {
    const { method, url, headers } = request;
    const outgoing = send(new URL(target), { method, path: url, headers, agent: false });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    answered.catch(() => undefined); // Told by the pipeline as well, where that is what fails first.
    await pipeline(request, outgoing);
    return answered;
  }
  return proxy;
}
