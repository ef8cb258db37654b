import type { IncomingHttpHeaders } from 'node:http';
import { RunbookError } from '../../../core/errors.js';
import { readStatement } from '../../../core/statement.js';
import type { Identity } from '../../../core/access.js';
import type { Access } from '../../../runbooks/access.js';
import { IssuerTokens } from './issuer-tokens.js';
import { findByProxy } from './proxy.js';
import { findByToken } from './static-token.js';

/** What a request says of its sender. */
export interface Asking {
  headers: IncomingHttpHeaders;
  /** The address of the other end of the connection, whatever headers say. */
  peer: string;
  /** The console's cookie. */
  session?: string | undefined;
}

/** Tells who sends a request. */
export interface Authentication {
  /** @throws RunbookError Unauthenticated with the reason. */
  identify(asking: Asking, now: Date): Promise<Identity>;
}

const expected = 'expected a token in the header "authorization"';

/** Every way in: a bearer token of an issuer or of the access file, a proxy that has checked a certificate, the console's session. */
export function authentication(readAccess: () => Promise<Access>): Authentication {
  const issuers = new IssuerTokens();
  return {
    async identify({ headers, peer, session }, now) {
      const access = await readAccess();
      const byProxy = findByProxy(access, headers, peer);
      if (byProxy) return byProxy;
      const { authorization } = headers;
      if (authorization !== undefined) {
        const token = /^Bearer ([\x21-\x7e]{1,16000})$/i.exec(authorization)?.[1];
        if (token === undefined) throw new RunbookError('Unauthenticated', `${expected}, found another one`);
        return findByToken(access, token, now) ?? issuers.identify(access, token, now);
      }
      if (session === undefined) throw new RunbookError('Unauthenticated', `${expected}, found none`);
      return bySession(access, session, now);
    },
  };
}

async function bySession(access: Access, session: string, now: Date): Promise<Identity> {
  try {
    const { by } = await readStatement('session', session, access.voteKeys, now);
    if (!isStillOpen(access, by.via, now)) throw new RunbookError('Unauthenticated', `${by.via} is no way in any more`);
    return by;
  } catch (error) {
    throw new RunbookError('Unauthenticated', 'the session has ended; log in again', { cause: error });
  }
}

/** Whether the way in that a session came by still is one: what was taken out of the access file lets nobody in from then on. */
function isStillOpen({ tokens, issuers }: Access, via: string, now: Date): boolean {
  if (!via.startsWith('token:')) return Object.hasOwn(issuers, via);
  return tokens.some(({ name, expires }) => via === `token:${name}` && Date.parse(expires) > now.getTime());
}
