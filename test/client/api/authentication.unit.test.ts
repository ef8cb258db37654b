import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { authentication, type Asking } from '../../../client/api/authentication/authenticate.js';
import { hashToken } from '../../../client/api/authentication/static-token.js';
import { messageOf } from '../../../core/errors.js';
import { makeSigningKey, parseSigningKey, sign } from '../../../core/statement.js';
import type { Identity } from '../../../core/access.js';
import { Access } from '../../../runbooks/access.js';
import { startIssuer, type Issuer } from '../../support/issuer.js';

let issuer: Issuer;
let gitlab: Issuer;
let github: Issuer;
let access: Access;
const now = new Date();

beforeAll(async () => {
  [issuer, gitlab, github] = await Promise.all([startIssuer('runbooks'), startIssuer('ci'), startIssuer('ci')]);
});

afterAll(() => Promise.all([issuer, gitlab, github].map((each) => each.close())));

beforeEach(() => {
  issuer.failWith = undefined;
  access = Access.parse({
    kind: 'access',
    issuers: {
      company: { kind: 'people', url: issuer.url, audience: 'runbooks', groups: 'groups' },
      gitlab: {
        ...{ kind: 'gitlab', url: gitlab.url, audience: 'ci' },
        projects: [
          { id: '42', environments: ['dev', 'stage'] },
          { id: '43', environments: ['stage', 'prod'], sameEnvironment: true, refs: 'any' },
        ],
      },
      github: { kind: 'github', url: github.url, audience: 'ci', repositories: [{ id: '77', environments: ['dev'] }] },
    },
    tokens: [
      { name: 'small', sha256: hashToken('rbk_right'), person: 'alice', expires: '2126-01-01T00:00:00Z' },
      { name: 'old', sha256: hashToken('rbk_old'), person: 'alice', expires: '2020-01-01T00:00:00Z' },
    ],
    proxy: { header: 'X-Client-Subject', from: ['127.0.0.1'] },
    people: [{ name: 'alice', ids: { company: 'a-1', gitlab: '5', github: '6', proxy: 'CN=alice' } }],
  });
});

const senders = authentication(() => Promise.resolve(access));

const ask = (token: string | undefined, more: Partial<Asking> = {}): Promise<Identity | string> =>
  senders
    .identify(
      { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, peer: '10.0.0.9', ...more },
      now,
    )
    .catch((error: unknown) => messageOf(error));

const job = { project_id: '42', user_id: '5', ref_protected: 'true' };
const action = { repository_id: '77', actor_id: '6', ref_protected: 'true', sub: 'repo:shop/web:ref:refs/heads/main' };

test('a token of an issuer names its person by what never changes, and the groups of that issuer', async () => {
  const token = await issuer.token({ sub: 'a-1', email: 'mallory@example.org', groups: ['sre', 7] });

  expect(await ask(token)).toEqual({ name: 'alice', via: 'company', groups: ['company:sre'] });
  expect(await ask(await issuer.token({ sub: 'z-9' }))).toMatchObject({ name: 'company:z-9' });
});

test('a token that is not for here, not of now, or not of the issuer says nothing', async () => {
  const right = { sub: 'a-1' };

  expect(await ask(await issuer.token(right, { expiresInSeconds: -60 }))).toMatch(/it has expired/);
  expect(await ask(await issuer.token(right, { audience: 'another' }))).toMatch(
    /meant for "runbooks", found one for somebody else/,
  );
  expect(await ask(await issuer.token(right, { issuer: 'https://evil.example' }))).toMatch(
    /of a known issuer, found one of another/,
  );
  // With its own key it can say to be another of the known issuers.
  expect(await ask(await issuer.token(job, { issuer: gitlab.url, audience: 'ci' }))).toMatch(
    /its key is none of the issuer’s/,
  );
  expect(await ask(await issuer.token(right, { forged: true }))).toMatch(/signature verification failed/);
  expect(await ask('a.b.c')).toMatch(/found no token of any/);
  expect(await ask(undefined)).toMatch(/expected a token in the header "authorization", found none/);
});

test('a token that nobody has signed, or that is signed by what everybody knows, is refused', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: issuer.url, aud: 'runbooks', sub: 'a-1', exp: Math.floor(Date.now() / 1000) + 600 };
  const shared = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('runbooks'.repeat(8)));

  expect(await ask(`${part({ alg: 'none' })}.${part(claims)}.`)).toMatch(/the token: .*(alg|signature)/i);
  expect(await ask(shared)).toMatch(/the token: .*alg/i);
});

test('when an issuer changes its keys, new tokens are taken and old ones are not', async () => {
  const before = await issuer.token({ sub: 'a-1' });
  expect(await ask(before)).toMatchObject({ name: 'alice' });
  await issuer.rotateKeys();
  const fresh = authentication(() => Promise.resolve(access));
  const known = (token: string) =>
    fresh
      .identify({ headers: { authorization: `Bearer ${token}` }, peer: '' }, now)
      .catch((error: unknown) => messageOf(error));

  expect(await known(await issuer.token({ sub: 'a-1' }))).toMatchObject({ name: 'alice' });
  expect(await known(before)).toMatch(/its key is none of the issuer’s/);
});

test('an issuer that does not answer is nobody’s fault but its own', async () => {
  issuer.failWith = 503;
  const fresh = authentication(() => Promise.resolve(access));
  const asked = fresh.identify(
    { headers: { authorization: `Bearer ${await issuer.token({ sub: 'a-1' })}` }, peer: '' },
    now,
  );

  await expect(asked).rejects.toMatchObject({
    code: 'SystemUnreachable',
    message: expect.stringContaining('HTTP 503'),
  });
});

test('a job of GitLab acts for who has started it, where its project may', async () => {
  const token = (claims: object) => gitlab.token({ ...job, ...claims });

  expect(await ask(await token({}))).toEqual({
    name: 'alice',
    via: 'gitlab',
    groups: [],
    environments: ['dev', 'stage'],
  });
  expect(await ask(await token({ project_id: '99' }))).toMatch(
    /project 99 is not one that may act here; a fork is another one/,
  );
  expect(await ask(await token({ ref_protected: 'false' }))).toMatch(/expected a protected branch or tag/);
  expect(await ask(await token({ user_id: '66' }))).toMatch(/somebody of the access file behind it, found number 66/);
  expect(await ask(await token({ ref_protected: undefined }))).toMatch(/expected the claims of a job/);
});

test('where the job’s own environment must be the run’s, it may act in no other', async () => {
  const token = (environment?: string) =>
    gitlab.token({ ...job, project_id: '43', ref_protected: 'false', environment });

  expect(await ask(await token('prod'))).toMatchObject({ environments: ['prod'] });
  expect(await ask(await token('dev'))).toMatchObject({ environments: [] });
  expect(await ask(await token())).toMatchObject({ environments: [] });
});

test('a job of GitHub acts for who has started it, where its repository may', async () => {
  expect(await ask(await github.token(action))).toEqual({
    name: 'alice',
    via: 'github',
    groups: [],
    environments: ['dev'],
  });
  expect(await ask(await github.token({ ...action, repository_id: '78' }))).toMatch(/repository 78 is not one/);
  expect(await ask(await github.token({ ...action, ref_protected: 'false' }))).toMatch(/protected branch or tag/);
});

test('a token of the access file names its person until it ends', async () => {
  expect(await ask('rbk_right')).toEqual({ name: 'alice', via: 'token:small', groups: [] });
  expect(await ask('rbk_wrong')).toMatch(/expected one of the access file, found another one/);
  expect(await ask('rbk_old')).toMatch(/it has expired/);
});

test('a header about a certificate counts from the proxy alone', async () => {
  const headers = { 'x-client-subject': 'CN=alice' };

  expect(await ask(undefined, { headers, peer: '::ffff:127.0.0.1' })).toMatchObject({ name: 'alice', via: 'proxy' });
  expect(await ask(undefined, { headers, peer: '10.0.0.9' })).toMatch(/found none/);
  expect(await ask(undefined, { headers: { 'x-client-subject': '' }, peer: '127.0.0.1' })).toMatch(/found none/);
});

test('a session of the console counts while the key that has signed it is known', async () => {
  const { privateKey, publicKey } = await makeSigningKey();
  const key = await parseSigningKey(JSON.stringify(privateKey), 'test');
  const session = await sign('session', { by: { name: 'alice', via: 'company', groups: ['company:sre'] } }, key);

  expect(await ask(undefined, { session })).toMatch(/the session has ended/);
  access = { ...access, voteKeys: [publicKey] };
  expect(await ask(undefined, { session })).toEqual({ name: 'alice', via: 'company', groups: ['company:sre'] });
  expect(
    await ask(undefined, {
      session: await sign(
        'start',
        { by: { name: 'alice', via: 'company', groups: [] }, workflowId: '', input: '' },
        key,
      ),
    }),
  ).toMatch(/the session has ended/);
});
