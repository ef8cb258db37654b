import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { messageOf, RunbookError } from '../../../core/errors.js';
import type { Identity } from '../../../core/access.js';
import type { Access, Issuer } from '../../../runbooks/access.js';
import { identifyJob } from './ci-jobs.js';

const fetchMs = 5000;
const discoveredForMs = 600_000;
const failedForMs = 5000;

/** Asymmetric ones only: with a shared secret whoever checks a token could also make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const Discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });

interface Discovered {
  key: Promise<JWTVerifyGetKey>;
  until: number;
}

/** Tokens of OpenID Connect issuers. Their keys are found by discovery, and anew when a token names one that is not known. */
export class IssuerTokens {
  private readonly discovered = new Map<string, Discovered>();

  /** @throws RunbookError Unauthenticated with the reason; SystemUnreachable where the issuer's keys cannot be had. */
  async identify(access: Access, token: string, now: Date): Promise<Identity> {
    const refuse = (why: string, cause?: unknown) =>
      new RunbookError('Unauthenticated', `the token: ${why}`, { cause });
    const claimed = issuerOf(token);
    const found = Object.entries(access.issuers).find(([, { url }]) => url === claimed);
    if (!found)
      throw refuse(
        `expected one of a known issuer, found ${claimed === undefined ? 'no token of any' : 'one of another'}`,
      );
    const [name, issuer] = found;
    let payload: JWTPayload;
    try {
      const key = await this.findKeys(issuer.url);
      ({ payload } = await jwtVerify(token, key, {
        ...{ issuer: issuer.url, audience: issuer.audience, algorithms, currentDate: now },
        requiredClaims: ['exp', 'sub'],
        clockTolerance: 30,
      }));
    } catch (error) {
      if (error instanceof RunbookError) throw error;
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
        throw refuse(describe(error, issuer), error);
      throw unreachable(issuer.url, error);
    }
    return issuer.kind === 'people'
      ? identifyPerson(access, name, issuer, payload)
      : identifyJob(access, name, issuer, payload);
  }

  private findKeys(url: string): Promise<JWTVerifyGetKey> {
    const known = this.discovered.get(url);
    if (known && known.until > Date.now()) return known.key;
    const entry: Discovered = { key: discover(url), until: Date.now() + discoveredForMs };
    this.discovered.set(url, entry);
    // One that cannot be reached is asked again soon, but not by every request.
    entry.key.catch(() => (entry.until = Date.now() + failedForMs));
    return entry.key;
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    // Not a token at all: refused like one of nobody's.
    return undefined;
  }
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discover(url: string): Promise<JWTVerifyGetKey> {
  try {
    const where = `${url.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(where, { signal: AbortSignal.timeout(fetchMs), redirect: 'error' });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { issuer, jwks_uri: keys } = Discovery.parse(await response.json());
    if (issuer !== url) throw new Error(`it calls itself ${issuer}`);
    return createRemoteJWKSet(new URL(keys), { timeoutDuration: fetchMs, cooldownDuration: failedForMs });
  } catch (error) {
    throw unreachable(url, error);
  }
}

function unreachable(url: string, error: unknown): RunbookError {
  return new RunbookError(
    'SystemUnreachable',
    `issuer ${url}: expected its keys, found ${messageOf(error)}; try again`,
    {
      cause: error,
    },
  );
}

function describe(error: errors.JOSEError, { audience }: Issuer): string {
  if (error instanceof errors.JWTExpired) return 'it has expired; ask for a new one';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return `expected one that is meant for "${audience}", found one for somebody else`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'its key is none of the issuer’s';
  return messageOf(error);
}

/**
 * Who somebody is by what an issuer's token says of them.
 * @throws RunbookError Unauthenticated where the token does not say it.
 */
export function identifyPerson(
  { people }: Access,
  issuer: string,
  { person: claim, groups: groupsClaim }: Extract<Issuer, { kind: 'people' }>,
  payload: JWTPayload,
): Identity {
  const id = payload[claim];
  if (typeof id !== 'string' || id === '')
    throw new RunbookError('Unauthenticated', `the token: expected the claim "${claim}", found none`);
  const listed = groupsClaim === undefined ? [] : payload[groupsClaim];
  const groups = Array.isArray(listed) ? listed.filter((each): each is string => typeof each === 'string') : [];
  return {
    name: people.find(({ ids }) => ids[issuer] === id)?.name ?? `${issuer}:${id}`,
    via: issuer,
    groups: groups.map((group) => `${issuer}:${group}`),
  };
}
