import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { RunbookError } from '../../../core/errors.js';
import type { Identity } from '../../../core/access.js';
import type { Access } from '../../../runbooks/access.js';

/** What tokens of the access file begin with, so that scanners of secrets know them. */
const prefix = 'rbk_';

/** A new token: 256 random bits. */
export function makeToken(): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** Tokens are 256 random bits, so a plain hash gives nothing away. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The person of a token of the access file; undefined where it is none of those. @throws RunbookError Unauthenticated. */
export function findByToken(access: Access, given: string, now: Date): Identity | undefined {
  if (!given.startsWith(prefix)) return undefined;
  const hash = Buffer.from(hashToken(given), 'hex');
  const token = access.tokens.find(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), hash));
  if (!token)
    throw new RunbookError('Unauthenticated', 'the token: expected one of the access file, found another one');
  if (Date.parse(token.expires) <= now.getTime())
    throw new RunbookError('Unauthenticated', `token ${token.name}: it has expired at ${token.expires}`);
  return { name: token.person, via: `token:${token.name}`, groups: [] };
}
