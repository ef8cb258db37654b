import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the way to the metrics is broken: nobody answers, no answer comes, an error comes, or answers without any series. */
export type Trouble = 'refused' | 'hanging' | 'failing' | 'empty';

/** A way to Prometheus that can be broken. */
export interface MetricsProxy {
  url: string;
  trouble: Trouble | undefined;
  /** Queries that came while it was broken. */
  lost: number;
  close(): Promise<void>;
}

const empty = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } });

function forward(target: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const url = new URL(incoming.url ?? '/', target);
  const sent = request(url, { method: incoming.method ?? 'GET' }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  sent.on('error', () => answer.destroy());
  incoming.pipe(sent);
}

/** Stands in front of a Prometheus and can break the way to it. */
export async function startMetricsProxy(target: string): Promise<MetricsProxy> {
  const server = createServer((incoming, answer) => {
    const { trouble } = proxy;
    if (trouble === undefined) {
      forward(target, incoming, answer);
      return;
    }
    proxy.lost += 1;
    if (trouble === 'refused') answer.destroy();
    if (trouble === 'failing') answer.writeHead(503).end('upstream connect error');
    if (trouble === 'empty') answer.writeHead(200, { 'content-type': 'application/json' }).end(empty);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: MetricsProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trouble: undefined,
    lost: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
