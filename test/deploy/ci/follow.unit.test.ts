import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { problem, startCiServer, type CiServer } from '../../support/ci-server.js';
import { removeJobs, startGithubJob, startGitlabJob } from './job.js';

jest.setTimeout(60_000);

let server: CiServer;

beforeEach(async () => {
  server = await startCiServer();
});

afterEach(async () => {
  await server.close();
  await removeJobs();
});

const succeeded = { name: 'succeeded', message: 'shop runs 1.5.0' };

test('a job of GitHub starts the run as itself, tells each moment, and leaves outputs and a summary', async () => {
  const job = startGithubJob(server, { values: 'TAG=1.5.0\nGREETING=Hello, world = all\n' });
  await server.followed();
  server.moment('the gate is open: 1 of alice, bob');
  server.record({
    plan: { changes: [{ what: 'image', from: 'web:1.4.0', to: 'web:1.5.0' }] },
    gates: [{ openedAt: '2026-11-21T08:35:00Z', decision: 'approved' }],
    votes: [{ at: '2026-11-21T08:36:00Z', by: 'alice', verdict: 'approve', comment: 'looks good' }],
    steps: [{ name: 'roll out', state: 'done', result: '2 of 2 pods' }],
  });
  server.moment('alice has approved', '2026-11-21T08:36:00.000Z');
  server.end(succeeded, 0);

  expect(await job.ended).toBe(0);

  const url = `${server.url}/#/runs/deploy/stage/shop?run=run-1`;
  expect(job.log().trimEnd().split('\n')).toEqual([
    `deploy/stage/shop has been started: ${url}`,
    '08:35:01 the gate is open: 1 of alice, bob',
    '08:36:00 alice has approved',
    'deploy/stage/shop: succeeded: shop runs 1.5.0',
  ]);
  expect(server.started.map(({ body }) => body)).toEqual([
    {
      runbook: 'shop/deploy.yaml',
      environment: 'stage',
      values: { TAG: '1.5.0', GREETING: 'Hello, world = all' },
      reason: 'https://github.example/shop/web/actions/runs/4711',
    },
  ]);
  expect(server.issuer.asked).toEqual(['temporal-runbooks']);
  expect(job.file('output')).toBe(`run=deploy/stage/shop\nrun-id=run-1\nstatus=succeeded\nurl=${url}\n`);
  const summary = job.file('summary.md');
  expect(summary).toMatch(/^### deploy\\\/stage\\\/shop: succeeded\n/);
  expect(summary).toContain(`](<${url}>)`);
  expect(summary).toContain(String.raw`| image | web\:1\.4\.0 | web\:1\.5\.0 |`);
  expect(summary).toContain('| alice | approve looks good |');
  expect(summary).toContain('| roll out | done | 2 of 2 pods |');
});

test('a job of GitLab does so with the token of its variable, and leaves a page and a dotenv report', async () => {
  const token = await server.issuer.makeToken();
  const job = startGitlabJob(server, {
    RUNBOOK_ID_TOKEN: token,
    RUNBOOK_VALUES: String.raw`values: ["TAG=1.5.0", "QUOTE=a \"b\" \\ \#{c}\n"]`,
  });
  await server.followed();
  // For a job that is killed.
  expect(job.file('runbook.env')).toContain('RUNBOOK_STATUS=running\n');
  expect(job.file('runbook.md')).toContain('its job has not seen its end');
  server.end({ name: 'undone', code: 'SmokeTestFailed', message: 'the smoke test failed; all is taken back' }, 3);

  expect(await job.ended).toBe(3);

  const values = { TAG: '1.5.0', QUOTE: 'a "b" \\ #{c}\n' };
  const reason = 'https://gitlab.example/shop/web/-/jobs/345';
  expect(server.started[0]?.body).toEqual({ runbook: 'shop/deploy.yaml', values, reason });
  const url = `${server.url}/#/runs/deploy/stage/shop?run=run-1`;
  expect(job.file('runbook.env')).toBe(
    `RUNBOOK_RUN=deploy/stage/shop\nRUNBOOK_RUN_ID=run-1\nRUNBOOK_STATUS=undone\nRUNBOOK_URL=${url}\n`,
  );
  expect(job.file('runbook.md')).toMatch(/: undone\n\nthe smoke test failed; all is taken back\n/);
  expect(job.log()).toContain('deploy/stage/shop: undone: the smoke test failed');
});

test('connections that break are made again: each moment is told once, in order, and none is missing', async () => {
  const job = startGithubJob(server);
  await server.followed();
  const told = [];
  for (let turn = 1; turn <= 4; turn++) {
    for (const part of ['a', 'b']) {
      server.moment(`${turn}${part}`);
      told.push(`${turn}${part}`);
    }
    await job.until(` ${turn}b`);
    server.cut();
    // Nobody listens at that time.
    server.moment(`${turn}c`);
    told.push(`${turn}c`);
    await server.followed(turn + 1);
  }
  server.end(succeeded, 0);

  expect(await job.ended).toBe(0);
  expect([...job.log().matchAll(/^08:35:01 (.*)$/gm)].map(([, what]) => what)).toEqual(told);
  expect(job.log()).not.toContain('cannot be reached');
  const asked = server.requests
    .filter(({ url }) => url.includes('/events'))
    .map(({ headers }) => headers['last-event-id']);
  expect(asked).toEqual([undefined, '2', '5', '8', '11']);
});

test('a server that is away for a while is waited for, and said to be away once', async () => {
  const job = startGithubJob(server);
  await server.followed();
  server.next = Array.from({ length: 3 }, () => ({ status: 502, body: '<html>bad gateway</html>' }));
  server.cut();
  await server.followed(2);
  server.end(succeeded, 0);

  expect(await job.ended).toBe(0);
  expect(job.log().match(/cannot be reached/g)).toHaveLength(1);
});

test('a start whose answer is lost, or that a proxy refuses for a while, is asked for again by its key: one run', async () => {
  server.next = [{ status: 503, body: 'starting' }, 'drop', { status: 429, body: 'slowly' }];
  const job = startGithubJob(server);
  await server.followed();
  server.end(succeeded, 0);

  expect(await job.ended).toBe(0);
  expect(server.started).toHaveLength(1);
  const keys = server.requests
    .filter(({ method }) => method === 'POST')
    .map(({ headers }) => headers['idempotency-key']);
  expect([keys.length, new Set(keys).size]).toEqual([4, 1]);
  expect(job.log()).toContain('was started by this job before');
});

test('another try of the job, another job and another request have keys of their own', async () => {
  const keyOf = async (...words: [Record<string, string>?, NodeJS.ProcessEnv?]) => {
    server.next = [problem(403, 'Forbidden', 'no')];
    await startGithubJob(server, ...words).ended;
    return server.requests.at(-1)?.headers['idempotency-key'];
  };
  const same = [await keyOf(), await keyOf()];
  const others = [
    await keyOf({}, { GITHUB_RUN_ATTEMPT: '2' }),
    await keyOf({}, { GITHUB_JOB: 'prod' }),
    await keyOf({}, { GITHUB_ACTION: '__run_2' }),
    await keyOf({ values: 'TAG=1.6.0' }),
  ];

  expect(same[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(same[1]).toBe(same[0]);
  expect(new Set([...same, ...others]).size).toBe(5);
});

test('a token that has expired is replaced where there are others, and said where there are none', async () => {
  const job = startGithubJob(server);
  const gitlab = await server.issuer.makeToken();
  await server.followed();
  server.issuer.aheadSeconds = 600;
  server.cut();
  await server.followed(2);
  server.end(succeeded, 0);

  expect(await job.ended).toBe(0);
  expect(server.issuer.asked).toHaveLength(2);
  const late = startGitlabJob(server, { RUNBOOK_ID_TOKEN: gitlab });
  expect(await late.ended).toBe(1);
  expect(late.log()).toMatch(/does not take the identity of this job: 401 /);
});

test('a token endpoint that stumbles, at the start or in the middle, is asked again; no token is ever shown', async () => {
  server.issuer.failures = 1;
  const job = startGithubJob(server);
  await server.followed();
  server.moment('hello');
  server.issuer.aheadSeconds = 600;
  server.issuer.failures = 2;
  server.cut();
  await server.followed(2);
  server.end(succeeded, 0);

  expect(await job.ended).toBe(0);
  expect(job.log()).toContain(
    '(GitHub\'s token endpoint: expected a token for "temporal-runbooks", found 503); trying again',
  );
  const shown = job.log() + job.file('output') + job.file('summary.md');
  for (const secret of [...server.issuer.tokens, 'request-secret-of-the-job']) expect(shown).not.toContain(secret);
});
