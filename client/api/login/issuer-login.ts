import * as openid from 'openid-client';
import { messageOf, RunbookError } from '../../../core/errors.js';
import type { LoginStatement } from '../../../core/statement.js';
import type { Access, Issuer } from '../../../runbooks/access.js';
import { findTokenDirectory, readToken } from '../../../systems/token-file.js';

/** An issuer at which people log in by their browsers. */
export type LoginIssuer = Extract<Issuer, { kind: 'people' }> & {
  login: NonNullable<Extract<Issuer, { kind: 'people' }>['login']>;
};

const timeoutSeconds = 5;
const discoveredForMs = 600_000;

/** The issuers at which people can log in, by name. */
export function loginIssuers({ issuers }: Access): Map<string, LoginIssuer> {
  const found = new Map<string, LoginIssuer>();
  for (const [name, issuer] of Object.entries(issuers))
    if (issuer.kind === 'people' && issuer.login) found.set(name, { ...issuer, login: issuer.login });
  return found;
}

/** A failure of an answer that came by way of a browser: of its text only a code that is known to be one is repeated. */
function refusal(name: string, error: unknown): RunbookError {
  const isAnswer = error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError;
  const code = isAnswer && /^[a-z_]{1,40}$/.test(error.error) ? error.error : messageOf(error);
  const why = isAnswer || error instanceof openid.ClientError ? code : undefined;
  if (why !== undefined)
    return new RunbookError('Unauthenticated', `${name}: expected it to log you in, found ${why}; try again`, {
      cause: error,
    });
  // "fetch failed" says nothing: why it did, its cause says.
  const found = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  return new RunbookError('SystemUnreachable', `${name}: expected its answer, found ${found}; try again`, {
    cause: error,
  });
}

/** Logging in at issuers: the authorization code flow with PKCE. What has to be remembered in between, the browser keeps. */
export class IssuerLogin {
  private readonly clients = new Map<string, { client: Promise<openid.Configuration>; until: number }>();

  constructor(private readonly callback: string) {}

  /** Where to send the browser, and what its answer has to fit. */
  async begin(name: string, issuer: LoginIssuer): Promise<{ address: URL; expected: LoginStatement }> {
    const client = await this.findClient(name, issuer);
    const expected: LoginStatement = {
      issuer: name,
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      verifier: openid.randomPKCECodeVerifier(),
    };
    const address = openid.buildAuthorizationUrl(client, {
      redirect_uri: this.callback,
      scope: scopesOf(client, issuer),
      state: expected.state,
      nonce: expected.nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(expected.verifier),
      code_challenge_method: 'S256',
    });
    return { address, expected };
  }

  /**
   * The claims of whoever came back.
   * @throws RunbookError Unauthenticated where the answer is not to what was asked; SystemUnreachable.
   */
  async finish(issuer: LoginIssuer, expected: LoginStatement, query: string): Promise<openid.IDToken> {
    const { issuer: name, state, nonce, verifier } = expected;
    const client = await this.findClient(name, issuer);
    try {
      const answer = await openid.authorizationCodeGrant(client, new URL(`${this.callback}?${query}`), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
      });
      const claims = answer.claims();
      if (claims) return claims;
    } catch (error) {
      throw refusal(name, error);
    }
    throw new RunbookError('Unauthenticated', `${name}: expected an ID token, found none`);
  }

  private findClient(name: string, issuer: LoginIssuer): Promise<openid.Configuration> {
    const key = JSON.stringify([issuer.url, issuer.login]);
    const known = this.clients.get(key);
    if (known && known.until > Date.now()) return known.client;
    const entry = { client: discover(name, issuer), until: Date.now() + discoveredForMs };
    this.clients.set(key, entry);
    // One that cannot be reached is asked again by the next who tries.
    entry.client.catch(() => this.clients.delete(key));
    return entry.client;
  }
}

async function discover(name: string, { url, login }: LoginIssuer): Promise<openid.Configuration> {
  const { clientId, clientSecret } = login;
  const secret = clientSecret === undefined ? undefined : await readToken(findTokenDirectory(), clientSecret);
  // The access file takes plain http for loopback alone.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody does it without a thought
  const insecure = url.startsWith('http:') ? [openid.allowInsecureRequests] : [];
  try {
    return await openid.discovery(new URL(url), clientId, secret, undefined, {
      timeout: timeoutSeconds,
      execute: [openid.enableNonRepudiationChecks, ...insecure],
    });
  } catch (error) {
    throw refusal(name, error);
  }
}

/** What is asked for beyond the name, where the issuer knows it: one that does not know a scope may refuse all. */
function scopesOf(client: openid.Configuration, { person, groups }: LoginIssuer): string {
  const known = client.serverMetadata().scopes_supported ?? [];
  const wanted = [...(person === 'sub' ? [] : ['profile']), ...(groups === undefined ? [] : ['groups'])];
  return ['openid', ...wanted.filter((scope) => known.includes(scope))].join(' ');
}
