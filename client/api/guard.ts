import { RunbookError } from '../../core/errors.js';
import type { Authentication } from './authentication/authenticate.js';
import type { Api, ApiParts } from './parts.js';

/** Name of the console's cookie. The prefix makes browsers take it over https only, and from this host alone. */
export const sessionCookie = (url: string) => (url.startsWith('https:') ? '__Host-runbook' : 'runbook');

const changes = (method: string) => !['GET', 'HEAD', 'OPTIONS'].includes(method);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether anybody may ask; absent: whoever can say who they are. */
    open?: boolean;
  }
}

/**
 * Stands before every route: who asks, and whether a browser was made to ask by another page. What was decided is logged: who, what,
 * and what came of it.
 */
export function guard(api: Api, { url }: Pick<ApiParts, 'url'>, senders: Authentication): void {
  const cookieName = sessionCookie(url);
  api.decorateRequest('identity', undefined);
  api.addHook('onRequest', async (request) => {
    // Answered with "there is nothing here", whoever asks.
    if (request.is404 || request.routeOptions.config.open) return;
    const session = request.cookies[cookieName];
    const peer = request.socket.remoteAddress ?? '';
    request.identity = await senders.identify({ headers: request.headers, peer, session }, new Date());
    // A browser sends the cookie by itself, and says where the page is from that made it.
    const byCookie = request.headers.authorization === undefined && session !== undefined;
    if (byCookie && changes(request.method) && request.headers.origin !== new URL(url).origin)
      throw new RunbookError(
        'Forbidden',
        `expected a page of ${url} to ask, found ${request.headers.origin ?? 'none'}`,
      );
  });
  api.addHook('onSend', (_, reply, payload, done) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    done(null, payload);
  });
  api.addHook('onResponse', (request, reply, done) => {
    if (changes(request.method))
      request.log.info(
        {
          audit: true,
          actor: request.identity?.name,
          via: request.identity?.via,
          action: `${request.method} ${request.routeOptions.url}`,
          target: request.url.split('?')[0],
          status: reply.statusCode,
        },
        'audit',
      );
    done();
  });
}
