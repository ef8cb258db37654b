import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openConsoleWorld, type ConsoleWorld } from '../../support/console-world.js';

jest.setTimeout(60_000);

let served: ConsoleWorld;

beforeAll(async () => {
  served = await openConsoleWorld('login');
});

afterAll(() => served.close());

const send = (path: string, request: RequestInit = {}) =>
  fetch(`${served.url}${path}`, { redirect: 'manual', ...request });

const cookiesOf = (response: Response) => response.headers.getSetCookie();
/** What a browser would send back. */
const pairOf = (cookie: string | undefined) => cookie?.split(';')[0] ?? '';

/** As far as the issuer, which sends the browser back; what is to be asked next, and with which cookie. */
async function throughIssuer(sub: string): Promise<{ back: URL; kept: string }> {
  served.issuer.loggedIn = { sub, groups: ['sre'] };
  const begun = await send('/login/company');
  const [kept] = cookiesOf(begun);
  const there = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
  return { back: new URL(there.headers.get('location') ?? ''), kept: kept ?? '' };
}

const callback = ({ back, kept }: { back: URL; kept: string }) =>
  send(`${back.pathname}${back.search}`, { headers: { cookie: pairOf(kept) } });

async function whoIs(session: string): Promise<unknown> {
  return (await send('/v1/whoami', { headers: { cookie: session } })).json();
}

test('an issuer’s word becomes a session that no script reads and no other site sends', async () => {
  const way = await throughIssuer('b-2');

  const done = await callback(way);

  expect([done.status, done.headers.get('location')]).toEqual([303, '/']);
  const session = cookiesOf(done).find((each) => each.startsWith('runbook=')) ?? '';
  expect(session).toMatch(/; HttpOnly.*; SameSite=Strict/);
  expect(way.kept).toMatch(/; HttpOnly.*; SameSite=Lax/);
  expect(await whoIs(pairOf(session))).toEqual({
    name: 'bob',
    via: 'company',
    groups: ['company:sre'],
    roles: ['releasers'],
  });
});

test('asks the issuer with PKCE, a state and a nonce, each new every time', async () => {
  const asked = await Promise.all(
    [1, 2].map(async () => new URL((await send('/login/company')).headers.get('location') ?? '').searchParams),
  );

  for (const query of asked)
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      client_id: 'console',
      code_challenge_method: 'S256',
      redirect_uri: `${served.url}/login/callback`,
      scope: 'openid',
    });
  for (const name of ['state', 'nonce', 'code_challenge'])
    expect(new Set(asked.map((query) => query.get(name))).size).toBe(2);
});

test('an answer of another browser, of another login, or that was changed on the way logs nobody in', async () => {
  const [mine, other] = [await throughIssuer('b-2'), await throughIssuer('a-1')];
  const strange = new URL(mine.back);
  strange.searchParams.set('state', 'another');
  const broken = mine.kept.replace(
    /^(runbook-login=[^;]{20})./,
    (all, head: string) => head + (all.endsWith('A') ? 'B' : 'A'),
  );

  const answers = [
    await send(`${mine.back.pathname}${mine.back.search}`),
    await callback({ back: mine.back, kept: other.kept }),
    await callback({ back: strange, kept: mine.kept }),
    await callback({ back: mine.back, kept: broken }),
    await send('/login/callback?error=access_denied&error_description=%3Cb%3Ehello', {
      headers: { cookie: pairOf(mine.kept) },
    }),
  ];

  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect(cookiesOf(answer).filter((each) => each.startsWith('runbook='))).toEqual([]);
    expect(await answer.text()).toContain('log');
  }
});

test('a code is good once', async () => {
  const way = await throughIssuer('b-2');
  await callback(way);

  expect((await callback(way)).status).toBe(401);
});

test('a token of the access file logs in from our own page only; another site can log nobody in or out', async () => {
  const post = (path: string, body: string, origin: string) =>
    send(path, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', origin }, body });
  const form = `token=${encodeURIComponent(served.token)}`;

  const done = await post('/login/token', form, served.url);
  const foreign = await post('/login/token', form, 'https://evil.example');
  const wrong = await post('/login/token', 'token=rbk_wrong', served.url);
  const out = await post('/logout', '', 'https://evil.example');

  expect(await whoIs(pairOf(cookiesOf(done)[0]))).toMatchObject({ name: 'alice', via: 'token:alices' });
  expect([foreign.status, wrong.status, out.status]).toEqual([403, 401, 403]);
  expect([...cookiesOf(foreign), ...cookiesOf(wrong), ...cookiesOf(out)]).toEqual([]);
  const left = await post('/logout', '', served.url);
  expect([left.status, left.headers.get('location')]).toEqual([303, '/login']);
  expect(cookiesOf(left)[0]).toMatch(/^runbook=;/);
});

test('a session ends with the token that it came by', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded', origin: served.url };
  const done = await send('/login/token', { method: 'POST', headers: form, body: `token=${served.token}` });
  const session = pairOf(cookiesOf(done)[0]);

  await served.writeAccess({ tokens: [] });
  const after = await whoIs(session);
  await served.writeAccess();

  expect(after).toMatchObject({ status: 401, detail: 'the session has ended; log in again' });
});

test('an issuer that does not answer is named, and the other ways in stay', async () => {
  await served.writeAccess({
    issuers: {
      dead: { kind: 'people', url: 'http://127.0.0.1:2', audience: 'x', login: { clientId: 'x' } },
    },
  });

  const answer = await send('/login/dead');
  const page = await answer.text();
  await served.writeAccess();

  expect(answer.status).toBe(503);
  expect(page).toContain('dead: expected its answer');
  expect(page).toContain('name="token"');
});

test('groups that no cookie can hold are cut down to those that roles name', async () => {
  await served.writeAccess({ roles: { releasers: { people: ['bob'], groups: ['company:sre'] } } });
  served.issuer.loggedIn = {
    sub: 'b-2',
    groups: ['sre', ...Array.from({ length: 500 }, (_, index) => `group-${index}`)],
  };

  const full = await fullLogin();
  await served.writeAccess();

  expect(await whoIs(full)).toMatchObject({ groups: ['company:sre'] });
});

/** All the way, as whoever is logged in at the issuer. */
async function fullLogin(): Promise<string> {
  const begun = await send('/login/company');
  const there = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
  const done = await callback({ back: new URL(there.headers.get('location') ?? ''), kept: cookiesOf(begun)[0] ?? '' });
  return pairOf(cookiesOf(done).find((each) => each.startsWith('runbook=')));
}

test('every page tells browsers to run nothing but the console’s own files', async () => {
  const [root, login] = [await send('/'), await send('/login')];

  for (const page of [root, login]) {
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  }
});

test('the console’s files may be kept for ever, the document is asked for again, and nothing else of ours is given out', async () => {
  const root = await send('/');
  const document = await root.text();
  const script = /src="([^"]+)"/.exec(document)?.[1] ?? '';

  const [file, again] = [
    await send(script),
    await send('/', { headers: { 'if-none-match': root.headers.get('etag') ?? '' } }),
  ];
  const outside = await Promise.all(
    [
      '../../package.json',
      '..%2f..%2fpackage.json',
      'core/config.js',
      'client/api/start.js',
      '%2e%2e/core/config.js',
    ].map((path) => send(script.replace('client/console/main.js', path))),
  );

  expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  expect([again.status, root.headers.get('cache-control')]).toEqual([304, 'no-cache']);
  expect(outside.map(({ status }) => status)).toEqual(outside.map(() => 404));
});
