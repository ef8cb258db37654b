import type { onSendHookHandler } from 'fastify';

/** Nothing but our own files: no script or style within a document, none from elsewhere, and no other page around it. */
export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of what a browser shows, in place of those of an API. */
export function pageHeaders(cacheControl: string, vary: string): onSendHookHandler {
  return (_, reply, payload, done) => {
    void reply.headers({
      'content-security-policy': policy,
      // With "no-referrer" a browser would not say either which page a form comes from.
      'referrer-policy': 'same-origin',
      'cache-control': reply.statusCode < 400 ? cacheControl : 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      vary,
    });
    done(null, payload);
  };
}
