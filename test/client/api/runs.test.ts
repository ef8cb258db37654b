import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startApi } from '../../../client/api/start.js';
import { parseSigningKey, sign } from '../../../core/statement.js';
import { openApiPlace, type ApiPlace, type Asking } from '../../support/api-place.js';
import { readEvents, type ServerEvent } from '../../support/event-reader.js';
import { eventually } from '../../support/settings.js';

jest.setTimeout(120_000);

let place: ApiPlace;
const alice = '1';
const bob = '2';
const dave = '4';

beforeAll(async () => {
  place = await openApiPlace('api');
});

afterAll(() => place.close());

const deploy = (tag: string, more: object = {}) => ({
  ...{ runbook: 'deploy.yaml', environment: place.environment, values: { TAG: tag } },
  ...more,
});

const start = (tag: string, asking: Asking = {}) => place.ask('/v1/runs', { as: alice, body: deploy(tag), ...asking });

const bearer = async (sub: string) => ({ authorization: `Bearer ${await place.issuer.token({ sub })}` });
const moments = (seen: ServerEvent[]) => seen.filter(({ event }) => event === 'moment');

test('a run is planned, started once however often it is asked for, followed live, and told of again from where a reader stopped', async () => {
  await place.withWorkers(async () => {
    const planned = await place.ask('/v1/plans', { as: alice, body: deploy('1.5.0') });
    expect(planned).toMatchObject({ status: 200, body: { kind: 'deploy', changes: expect.arrayContaining([]) } });

    const headers = { 'idempotency-key': 'pipeline-7' };
    const [one, other] = await Promise.all([start('1.5.0', { headers }), start('1.5.0', { headers })]);
    expect([one.status, other.status].sort()).toEqual([200, 201]);
    expect(one.body['runId']).toBe(other.body['runId']);
    expect((await start('1.5.1', { headers })).body['detail']).toMatch(/Idempotency-Key: expected a new one/);
    expect((await start('1.5.1')).body).toMatchObject({ code: 'Locked', exitCode: 6 });

    const { plan } = await place.untilRecord('an open gate', ({ phase }) => phase === 'waiting');
    const url = `${place.api.address}/v1/runs/${place.run}/events`;
    const first = await readEvents(url, await bearer(alice), (seen) => moments(seen).length >= 2);
    const lastId = moments(first).at(-1)?.id ?? '';
    const rest = readEvents(url, { ...(await bearer(alice)), 'last-event-id': lastId });
    const whole = readEvents(url, await bearer(bob));
    const ballot = { verdict: 'approve', plan: plan?.hash };
    expect((await place.ask(`/v1/runs/${place.run}/votes`, { as: bob, body: ballot })).status).toBe(200);

    const [seenRest, seenWhole] = await Promise.all([rest, whole]);
    const ids = (seen: ServerEvent[]) => moments(seen).map(({ id }) => id);
    expect(seenWhole.at(-1)).toMatchObject({ event: 'end', data: { outcome: { name: 'succeeded' }, exitCode: 0 } });
    expect(new Set(ids(seenWhole)).size).toBe(ids(seenWhole).length);
    expect([...ids(first), ...ids(seenRest)]).toEqual(ids(seenWhole));
    expect(moments(seenWhole).map(({ data }) => data['what'])).toContainEqual(
      expect.stringContaining('bob (signed): approve'),
    );
    // Also after its end, and long after the key was used first.
    expect((await start('1.5.0', { headers })).body['runId']).toBe(one.body['runId']);
    expect(await place.ask(`/v1/runs/${place.run}`, { as: dave })).toMatchObject({
      status: 200,
      body: { exitCode: 0 },
    });
  });
});

test('who may not is told why, and nothing is started', async () => {
  const asked = async (asking: Asking, path = '/v1/runs') => {
    const { status, body } = await place.ask(path, { body: deploy('1.5.0'), ...asking });
    return `${status} ${String(body['detail'])}`;
  };

  expect(await asked({})).toMatch(/^401 expected a token in the header "authorization", found none/);
  expect(await asked({ as: dave })).toMatch(/^403 no rule allows dave to run/);
  expect(await asked({ as: '99' })).toMatch(/^403 no rule allows company:99/);
  expect(await asked({ as: alice, body: deploy('1.5.0', { runbook: '../access.yaml' }) })).toMatch(/^404 .*outside/);
  expect(await asked({ as: alice, body: deploy('1.5.0', { runbook: '/etc/passwd' }) })).toMatch(/^404/);
  expect(await asked({ as: alice, body: deploy('1.5.0', { values: { TAG: '1', NAMESPACE: 'other' } }) })).toMatch(
    /^422 .*NAMESPACE: expected only values that the environment does not give/,
  );
  expect(await asked({ as: alice, body: deploy('1.5.0', { gate: null }) })).toMatch(/^422 .*gate/);
  expect(await asked({ as: alice, body: deploy('1.5.0', { breakGlass: 'it burns, really' }) })).toMatch(
    /^403 no rule allows alice to breakGlass/,
  );
  const wrong = await place.ask('/v1/runs', { as: alice, body: deploy('1.5.0', { values: {} }) });
  expect(wrong.body['problems']).toMatchObject([{ file: expect.stringMatching(/^deploy\.yaml$/), line: 5 }]);
});

test('lists are paged, and tell only what somebody may read', async () => {
  const page = async (query: string, as = alice) => (await place.ask(`/v1/runs?${query}`, { as })).body;
  const runs = (body: Record<string, unknown>) => body['runs'] as Array<{ runId: string }>;

  await place.withWorkers(async () => {
    for (const tag of ['1.5.2', '1.5.3']) {
      await start(tag);
      await place.untilRecord('an open gate', ({ phase }) => phase === 'waiting');
      await place.ask(`/v1/runs/${place.run}/abort`, { as: alice, body: {} });
      await place.untilRecord('the end', ({ phase }) => phase === 'finished');
    }
  });
  const where = `environment=${place.environment}&limit=1`;
  const all = await eventually('three ended runs', 20, async () => {
    const found = runs(await page(`environment=${place.environment}`));
    return found.length >= 3 && found;
  });
  const first = await page(where);
  const second = await page(`${where}&cursor=${String(first['next'])}`);
  expect([...runs(first), ...runs(second)].map(({ runId }) => runId)).toEqual(
    all.slice(0, 2).map(({ runId }) => runId),
  );
  expect((await page(`${where}&cursor=bm9uc2Vuc2U`))['code']).toBe('InvalidRequest');
  await place.writeAccess({ rules: [{ roles: ['readers'], verbs: ['read'], services: ['another'] }] });
  expect(runs(await page(where))).toEqual([]);
  expect((await place.ask(`/v1/runs/${place.run}`, { as: alice })).status).toBe(403);
  await place.writeAccess();
});

test('other pages, large bodies and slow clients get nothing but a refusal', async () => {
  const { hostname, port } = new URL(place.api.address);
  const cookie = { cookie: 'runbook=x', 'content-type': 'text/plain', origin: 'https://evil.example' };
  expect((await place.ask('/v1/runs', { method: 'POST', body: '{}', headers: cookie })).status).toBe(401);
  const large = await place.ask('/v1/plans', { as: alice, body: { runbook: 'x'.repeat(2_000_000) } });
  expect(large).toMatchObject({ status: 413, body: { code: 'InvalidRequest' } });
  expect(await place.ask('/v1/plans', { as: alice, body: '{"runbook":' })).toMatchObject({ status: 400 });
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  expect((await place.ask('/v1/plans', { as: alice, body: deep })).status).toBeGreaterThanOrEqual(400);
  expect((await place.ask('/v1/runs/deploy/x/%2e%2e', { as: alice })).status).toBe(404);
  expect((await place.ask('/nowhere')).body).toMatchObject({ code: 'NotFound' });

  const slow = connect(Number(port), hostname);
  const closed = new Promise((resolve) => slow.once('close', resolve));
  slow.on('error', () => undefined).resume();
  slow.write('POST /v1/plans HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{');
  expect((await place.ask('/livez')).status).toBe(200);
  await closed;
});

test('a page from elsewhere cannot act with somebody’s session', async () => {
  const key = await parseSigningKey(await readFile(place.voteKey, 'utf8'), 'test');
  const session = await sign('session', { by: { name: 'alice', via: 'company', groups: [] } }, key);
  const act = async (headers: Record<string, string>) => {
    const all = { cookie: `runbook=${session}`, ...headers };
    return (await place.ask('/v1/plans', { body: { runbook: 'none.yaml' }, headers: all })).status;
  };
  const own = place.api.address;

  expect((await place.ask('/v1/whoami', { headers: { cookie: `runbook=${session}` } })).body['name']).toBe('alice');
  expect(await act({})).toBe(403);
  expect(await act({ origin: 'https://evil.example' })).toBe(403);
  expect(await act({ origin: 'null' })).toBe(403);
  expect(await act({ origin: own, 'content-type': 'text/plain' })).toBe(415);
  expect(await act({ origin: own })).toBe(404);
});

test('who asks too often is told to wait, and nobody else is', async () => {
  const { session } = place;
  const settings = { ...process.env, RUNBOOK_ACCESS: place.accessFile, RUNBOOK_VOTE_KEY: place.voteKey };
  const runbooks = join(place.folder, 'runbooks');
  const small = await startApi(session, settings, { host: '127.0.0.1', port: 0, runbooks, requestsPerMinute: 10 });
  try {
    const ask = async (sub: string) => fetch(`${small.address}/v1/whoami`, { headers: await bearer(sub) });
    for (let count = 0; count < 10; count += 1) expect((await ask(alice)).status).toBe(200);
    const refused = await ask(alice);

    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'TooMany', detail: expect.any(String) });
    expect((await ask(bob)).status).toBe(200);
  } finally {
    await small.close();
  }
});

test('it says what it is, and whether it is ready', async () => {
  const openapi = await place.ask('/openapi.json');

  expect(openapi.body['openapi']).toBe('3.1.0');
  expect(Object.keys(openapi.body['paths'] as object)).toEqual(
    expect.arrayContaining([
      '/v1/runs',
      '/v1/runs/{kind}/{environment}/{name}/votes',
      '/v1/schedules/{environment}/{name}/ledger',
    ]),
  );
  expect(await place.ask('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  expect((await place.ask('/v1/whoami', { as: bob })).body).toMatchObject({
    name: 'bob',
    roles: ['releasers', 'approvers', 'readers'],
  });
  const mayI = `/v1/can-i?verb=run&kind=deploy&environment=${place.environment}`;
  expect((await place.ask(mayI, { as: dave })).body).toMatchObject({ allowed: false });
});
