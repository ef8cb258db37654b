// Follows https://docs.github.com/en/actions/reference/security/oidc (the token endpoint of a job) and
// https://docs.gitlab.com/ci/secrets/id_token_authentication/ (a token in a variable). Real ones are given to their own jobs only.
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT, type JWTVerifyGetKey } from 'jose';
import type { IncomingMessage, ServerResponse } from 'node:http';

export const audience = 'temporal-runbooks';
const issuer = 'https://token.ci.example';
/** As GitHub's last. */
const lifetimeMs = 5 * 60_000;
const requestSecret = 'request-secret-of-the-job';

/** Whoever says to a server which job asks it. */
export interface CiIssuer {
  /** How far its clock is ahead of this machine's: moved on, it makes all tokens expire that were given before. */
  aheadSeconds: number;
  /** The token endpoint answers so many requests with 503. */
  failures: number;
  /** Audiences that were asked for, one for each token. */
  asked: string[];
  /** Every token that was made: none of them may be seen anywhere. */
  tokens: string[];
  makeToken(): Promise<string>;
  verify(authorization: string | undefined): Promise<boolean>;
  /** The token endpoint. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** What GitHub gives a job with "id-token: write". */
  environment(url: string): NodeJS.ProcessEnv;
}

/** Opens an issuer with a key of its own. */
export async function openCiIssuer(): Promise<CiIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  const keys: JWTVerifyGetKey = createLocalJWKSet({ keys: [jwk] });
  const now = () => new Date(Date.now() + opened.aheadSeconds * 1000);
  const opened: CiIssuer = {
    aheadSeconds: 0,
    failures: 0,
    asked: [],
    tokens: [],
    async makeToken() {
      const token = await new SignJWT({ repository: 'shop/web', number: opened.tokens.length })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(issuer)
        .setAudience(opened.asked.at(-1) ?? audience)
        .setSubject('repo:shop/web:ref:refs/heads/main')
        .setIssuedAt(now())
        .setExpirationTime(new Date(now().getTime() + lifetimeMs))
        .sign(privateKey);
      opened.tokens.push(token);
      return token;
    },
    async verify(authorization = '') {
      const [, token = ''] = /^Bearer (.+)$/.exec(authorization) ?? [];
      return jwtVerify(token, keys, { issuer, audience, algorithms: ['ES256'], currentDate: now() }).then(
        () => true,
        () => false,
      );
    },
    async answer(request, response) {
      const url = new URL(request.url ?? '/', 'http://issuer');
      if (opened.failures-- > 0) return void response.writeHead(503).end();
      // The job's own address has a parameter already.
      const isJob = request.headers.authorization === `Bearer ${requestSecret}` && url.searchParams.has('api-version');
      if (!isJob) return void response.writeHead(401).end();
      opened.asked.push(url.searchParams.get('audience') ?? 'https://github.com/shop');
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ value: await opened.makeToken() }));
    },
    environment: (url) => ({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestSecret,
    }),
  };
  return opened;
}
