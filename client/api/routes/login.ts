import type { FastifyReply, FastifyRequest } from 'fastify';
import { RunbookError } from '../../../core/errors.js';
import { readStatement, sign } from '../../../core/statement.js';
import { identifyPerson } from '../authentication/issuer-tokens.js';
import { findByToken } from '../authentication/static-token.js';
import { readConsole } from '../console/files.js';
import { languageOf } from '../console/language.js';
import { pageHeaders } from '../console/page-headers.js';
import { IssuerLogin, loginIssuers } from '../login/issuer-login.js';
import { writeLoginPage } from '../login/login-page.js';
import { closeSession, keepExpected, openSession, takeExpected } from '../login/session.js';
import type { Api, ApiParts } from '../parts.js';
import { problemOf } from '../problem.js';

const open = { config: { open: true }, schema: { hide: true } };
const largestForm = 4096;

/** Into the console and out of it. Where a browser goes afterwards is never taken from a request. */
export function loginRoutes(api: Api, parts: ApiParts): void {
  void api.register((scope, _, done) => {
    scope.addHook('onSend', pageHeaders('no-store', 'accept-language, cookie'));
    // Whoever comes here reads pages: what is wrong stands on the one with the ways in.
    scope.setErrorHandler((error, request, reply) => {
      const { status, detail } = problemOf(error);
      if (status >= 500) request.log.error({ err: error, url: request.routeOptions.url }, 'login failed');
      return showWaysIn(parts, request, reply.status(status), detail);
    });
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: largestForm },
      (_request, body, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    scope.get('/login', open, (request, reply) => showWaysIn(parts, request, reply));
    issuerRoutes(scope, parts);
    tokenRoutes(scope, parts);
    done();
  });
}

async function showWaysIn(
  { readAccess }: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
  problem?: string,
): Promise<FastifyReply> {
  const [files, access] = await Promise.all([readConsole(), readAccess()]);
  const page = writeLoginPage(files, {
    language: languageOf(request),
    ways: [...loginIssuers(access).keys()],
    takesTokens: access.tokens.length > 0,
    ...(problem !== undefined && { problem }),
  });
  return reply.type('text/html; charset=utf-8').send(page);
}

function issuerRoutes(scope: Api, parts: ApiParts): void {
  const { readAccess, signingKey, url } = parts;
  const logins = new IssuerLogin(new URL('/login/callback', url).href);
  scope.get<{ Params: { issuer: string } }>('/login/:issuer', open, async (request, reply) => {
    const { issuer: name } = request.params;
    const issuer = loginIssuers(await readAccess()).get(name);
    if (!issuer) throw new RunbookError('NotFound', 'expected one of the ways in, found another one');
    const { address, expected } = await logins.begin(name, issuer);
    keepExpected(reply, parts, await sign('login', expected, signingKey));
    return reply.redirect(address.href, 303);
  });
  scope.get('/login/callback', open, async (request, reply) => {
    const kept = takeExpected(request.cookies, reply, parts);
    const again = 'expected the browser that was sent to log in less than ten minutes ago; log in again';
    if (kept === undefined) throw new RunbookError('Unauthenticated', again);
    const access = await readAccess();
    const expected = await readStatement('login', kept, access.voteKeys, new Date()).catch((error: unknown) => {
      throw new RunbookError('Unauthenticated', again, { cause: error });
    });
    const issuer = loginIssuers(access).get(expected.issuer);
    if (!issuer) throw new RunbookError('Unauthenticated', again);
    const claims = await logins.finish(issuer, expected, request.url.split('?')[1] ?? '');
    const identity = identifyPerson(access, expected.issuer, issuer, claims);
    await openSession(reply, parts, access, identity);
    request.log.info({ audit: true, actor: identity.name, via: identity.via, action: 'login' }, 'audit');
    // The cookie does not come along with this request, for the way led over another site; the document is open to anybody, and
    // what it asks for afterwards it asks for itself.
    return reply.redirect('/', 303);
  });
}

/** Browsers say where a form is from: another page must not log somebody in or out. */
function demandOwnPage({ headers }: FastifyRequest, { url }: ApiParts): void {
  if (headers.origin !== new URL(url).origin)
    throw new RunbookError('Forbidden', `expected a page of ${url} to ask, found another one`);
}

function tokenRoutes(scope: Api, parts: ApiParts): void {
  scope.post<{ Body: { token?: unknown } | undefined }>('/login/token', open, async (request, reply) => {
    demandOwnPage(request, parts);
    const token = request.body?.token;
    const access = await parts.readAccess();
    const identity = typeof token === 'string' ? findByToken(access, token.trim(), new Date()) : undefined;
    if (!identity)
      throw new RunbookError('Unauthenticated', 'the token: expected one of the access file, found another one');
    await openSession(reply, parts, access, identity);
    request.log.info({ audit: true, actor: identity.name, via: identity.via, action: 'login' }, 'audit');
    return reply.redirect('/', 303);
  });
  scope.post('/logout', open, (request, reply) => {
    demandOwnPage(request, parts);
    closeSession(reply, parts);
    return reply.redirect('/login', 303);
  });
}
