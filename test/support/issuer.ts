// An OpenID Connect issuer as these documents say: https://openid.net/specs/openid-connect-discovery-1_0.html,
// https://openid.net/specs/openid-connect-core-1_0.html (authorization code flow), https://www.rfc-editor.org/rfc/rfc7636 (PKCE).
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { startHttpServer } from './http-server.js';

const algorithm = 'ES256';

/** An issuer of a test: it keeps its keys, the codes that it has given, and who is logged in to it. */
export interface Issuer {
  url: string;
  /** A token with these claims; what is not said is right. */
  token(claims: Record<string, unknown>, changes?: TokenChanges): Promise<string>;
  /** From now on others sign; the old ones are published no more. */
  rotateKeys(): Promise<void>;
  /** Who is logged in where a browser is sent to log in: claims of the ID token. */
  loggedIn: Record<string, unknown>;
  /** Answers every request with this status, until it is taken back. */
  failWith: number | undefined;
  close(): Promise<void>;
}

interface TokenChanges {
  issuer?: string;
  audience?: string;
  expiresInSeconds?: number;
  /** Signed by a key that the issuer has never published. */
  forged?: boolean;
}

interface Key {
  privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  jwk: JWK;
}

interface Given {
  nonce: string | null;
  challenge: string;
  redirect: string;
  client: string;
  claims: Record<string, unknown>;
}

async function makeKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const kid = randomBytes(6).toString('hex');
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } };
}

/** Starts an issuer for an audience. */
export async function startIssuer(audience: string): Promise<Issuer> {
  let key = await makeKey();
  const stranger = await makeKey();
  const codes = new Map<string, Given>();
  const server = await startHttpServer((request, response) => void answer(request, response));
  const { url } = server;

  async function sign(claims: Record<string, unknown>, changes: TokenChanges = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { privateKey, jwk } = changes.forged ? { ...stranger, jwk: key.jwk } : key;
    return new SignJWT({ sub: 'nobody', ...claims })
      .setProtectedHeader({ alg: algorithm, kid: jwk.kid ?? '' })
      .setIssuer(changes.issuer ?? url)
      .setAudience(changes.audience ?? audience)
      .setIssuedAt(now - 1)
      .setExpirationTime(now + (changes.expiresInSeconds ?? 600))
      .sign(privateKey);
  }

  /** The page on which people log in: here whoever is logged in goes on at once. */
  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const code = randomBytes(16).toString('hex');
    const redirect = query.get('redirect_uri') ?? '';
    const challenge = query.get('code_challenge') ?? '';
    const client = query.get('client_id') ?? '';
    codes.set(code, { nonce: query.get('nonce'), challenge, redirect, client, claims: issuer.loggedIn });
    const back = new URL(redirect);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    response.writeHead(302, { location: back.href }).end();
  }

  /** A code is good once, for who has asked for it, and for who knows the secret behind the challenge. */
  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const code = form.get('code') ?? '';
    const given = codes.get(code);
    codes.delete(code);
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!given || proof !== given.challenge || form.get('redirect_uri') !== given.redirect) {
      json(response, 400, { error: 'invalid_grant' });
      return;
    }
    const claims = { ...given.claims, ...(given.nonce !== null && { nonce: given.nonce }) };
    const token = await sign(claims, { audience: given.client });
    json(response, 200, { access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token: token });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    if (issuer.failWith !== undefined) json(response, issuer.failWith, {});
    else if (pathname === '/authorize') authorize(searchParams, response);
    else if (pathname === '/token') await exchange(request, response);
    else if (pathname === '/keys') json(response, 200, { keys: [key.jwk] });
    else if (pathname !== '/.well-known/openid-configuration') json(response, 404, {});
    else json(response, 200, describe());
  }

  const describe = () => ({
    issuer: url,
    jwks_uri: `${url}/keys`,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
  });

  const issuer: Issuer = {
    url,
    token: sign,
    rotateKeys: async () => {
      key = await makeKey();
    },
    loggedIn: {},
    failWith: undefined,
    close: () => server.close(),
  };
  return issuer;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
