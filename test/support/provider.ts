import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { startHttpServer, type HttpServer } from './http-server.js';

/** failing: 500 and nothing done; lost: done, but the answer never comes; tooMany: 429; or it thinks until the promise is kept. */
export type Trouble = 'failing' | 'lost' | 'tooMany' | Promise<void>;

export interface Said {
  status: number;
  headers?: Record<string, string>;
  body: object | string;
}

/** One request that a provider has had. */
export interface Asked {
  path: string;
  headers: IncomingMessage['headers'];
  /** As it came. */
  raw: string;
  at: number;
}

/** A fake of a provider's API with what a test looks at and sets. */
export interface Provider extends HttpServer {
  asked: Asked[];
  /** Of the next requests, one each. */
  troubles: Trouble[];
  /** Of each request, until it is taken away. */
  trouble: Trouble | undefined;
}

/** Starts a provider; `act` does what is asked and says what is answered, `tooMany` is how it asks for patience. */
export async function startProvider(act: (asked: Asked) => Said, tooMany: Said): Promise<Provider> {
  const answer = async (request: IncomingMessage): Promise<Said | undefined> => {
    const asked = { path: request.url ?? '', headers: request.headers, raw: await text(request), at: Date.now() };
    provider.asked.push(asked);
    const trouble = provider.troubles.shift() ?? provider.trouble;
    if (trouble === 'failing') return { status: 500, body: 'Internal Server Error' };
    if (trouble === 'tooMany') return tooMany;
    if (trouble instanceof Promise) await trouble;
    const said = act(asked);
    return trouble === 'lost' ? undefined : said;
  };
  const server = await startHttpServer((request, response) => {
    answer(request).then(
      (said) => {
        if (!said) request.socket.destroy();
        else {
          const body = typeof said.body === 'string' ? said.body : JSON.stringify(said.body);
          response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers }).end(body);
        }
      },
      () => request.socket.destroy(),
    );
  });
  const provider: Provider = Object.assign(server, { asked: [], troubles: [], trouble: undefined });
  return provider;
}
