import { json } from 'node:stream/consumers';
import { startHttpServer, type HttpServer } from './http-server.js';
import type { KeyValue } from './key-value.js';

/** A store that refuses what it is asked to keep, and repeats it while it does: as a proxy's error page, or a careless plug-in. */
export interface EchoingStore extends HttpServer {
  /** Everything that it was asked to keep. */
  asked: string[];
}

/** Starts it in front of another one, which it lets be read; for the first few times it says that it is only busy. */
export async function startEchoingStore(store: KeyValue, word: string, busyTimes = 2): Promise<EchoingStore> {
  const asked: string[] = [];
  const server = await startHttpServer((request, response) => {
    const answer = async () => {
      const { method = 'GET', url = '', headers } = request;
      const token = String(headers['x-vault-token']);
      const body = method === 'GET' ? undefined : JSON.stringify(await json(request));
      if (body !== undefined && url.includes('/data/')) {
        asked.push(body);
        const errors = [`${word}: ${token} cannot keep ${body}`];
        return { status: asked.length > busyTimes ? 400 : 503, said: JSON.stringify({ errors }) };
      }
      const passed = await fetch(`${store.address}${url}`, {
        method,
        headers: { 'x-vault-token': token },
        ...(body !== undefined && { body }),
      });
      return { status: passed.status, said: await passed.text() };
    };
    answer().then(
      ({ status, said }) => response.writeHead(status, { 'content-type': 'application/json' }).end(said),
      () => request.socket.destroy(),
    );
  });
  return Object.assign(server, { asked });
}
