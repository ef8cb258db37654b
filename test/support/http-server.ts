import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that answers as a test says, and may be told otherwise at any time. */
export interface HttpServer {
  /** Without a slash at its end. */
  url: string;
  answer: RequestListener;
  /** Also breaks off what is not answered yet; a second time does nothing. */
  close(): Promise<void>;
}

/** Starts a server on a free port; until it is told what to answer, it answers 501. */
export async function startHttpServer(
  answer: RequestListener = (_, response) => void response.writeHead(501).end(),
): Promise<HttpServer> {
  const listener = createServer((request, response) => server.answer(request, response));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const server: HttpServer = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    answer,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
  return server;
}
