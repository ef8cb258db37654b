import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply } from 'fastify';
import { RunbookError } from '../../../core/errors.js';
import { sign } from '../../../core/statement.js';
import type { Identity } from '../../../core/access.js';
import type { Access } from '../../../runbooks/access.js';
import { sessionCookie } from '../guard.js';
import type { ApiParts } from '../parts.js';

type Parts = Pick<ApiParts, 'url' | 'signingKey'>;

/** Browsers drop a larger cookie, name and all, without a word. */
const largestCookie = 3800;

function optionsOf({ url }: Parts, sameSite: 'strict' | 'lax'): CookieSerializeOptions {
  return { httpOnly: true, sameSite, secure: url.startsWith('https:'), path: '/' };
}

/**
 * Logs somebody in: what was proven of them, signed, as a cookie. It is forgotten with the browser, and means nothing after an hour.
 * @throws RunbookError Unauthenticated where somebody is in more groups than a cookie can say.
 */
export async function openSession(reply: FastifyReply, parts: Parts, access: Access, who: Identity): Promise<void> {
  const named = new Set(Object.values(access.roles).flatMap(({ groups }) => groups));
  // Those that roles name are what rules ask for; the others matter to gates that name a group by itself.
  for (const groups of [who.groups, who.groups.filter((group) => named.has(group))]) {
    const session = await sign('session', { by: { ...who, groups } }, parts.signingKey);
    if (session.length > largestCookie) continue;
    void reply.setCookie(sessionCookie(parts.url), session, optionsOf(parts, 'strict'));
    return;
  }
  throw new RunbookError(
    'Unauthenticated',
    `${who.name}: expected groups that fit into a cookie, found ${who.groups.length}; have the issuer name only those that roles need`,
  );
}

export function closeSession(reply: FastifyReply, parts: Parts): void {
  void reply.clearCookie(sessionCookie(parts.url), optionsOf(parts, 'strict'));
}

const loginCookie = (url: string) => `${sessionCookie(url)}-login`;

/** Keeps what an issuer's answer has to fit with the browser that was sent there: no server has to remember it. */
export function keepExpected(reply: FastifyReply, parts: Parts, expected: string): void {
  // The issuer sends the browser back from another site: a strict cookie would not come along.
  void reply.setCookie(loginCookie(parts.url), expected, { ...optionsOf(parts, 'lax'), maxAge: 600 });
}

/** What was kept; it is good for one answer. */
export function takeExpected(
  cookies: Record<string, string | undefined>,
  reply: FastifyReply,
  parts: Parts,
): string | undefined {
  void reply.clearCookie(loginCookie(parts.url), optionsOf(parts, 'lax'));
  return cookies[loginCookie(parts.url)];
}
