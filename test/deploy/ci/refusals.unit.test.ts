import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { problem, startCiServer, type CiServer } from '../../support/ci-server.js';
import { eventually } from '../../support/settings.js';
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

const problems = [
  { file: 'shop/deploy.yaml', line: 4, column: 8, path: 'image', message: 'expected an image, found nothing' },
  { file: 'shop/deploy.yaml', line: 9, column: 3, path: 'smoke', message: 'expected a list' },
];

test.each([
  [problem(409, 'Locked', 'deploy/stage/shop is held by run 7 of alice'), 6, '409 Locked: deploy/stage/shop is held'],
  [problem(422, 'InvalidRunbook', 'two problems', problems), 2, 'shop/deploy.yaml:9:3 smoke expected a list'],
  [problem(409, 'Frozen', 'frozen until Monday'), 6, '409 Frozen: frozen until Monday'],
  [problem(403, 'Forbidden', 'repo:shop/web may not deploy to stage'), 1, '403 Forbidden: repo:shop/web may not'],
  [{ status: 404, body: '<html>\nnot here</html>' }, 1, '404 : <html> not here</html>'],
])('%j ends the job at once', async (answer, exitCode, said) => {
  server.next = [answer];
  const job = startGithubJob(server);

  expect(await job.ended).toBe(exitCode);
  expect(job.log()).toMatch(/^::error title=Runbook::/);
  expect(job.log().replaceAll('%0A', '\n')).toContain(said);
  expect(server.requests).toHaveLength(1);
  expect(job.file('output')).toBe('');
});

test('a run that the server does not know any more ends watching', async () => {
  const job = startGithubJob(server);
  await server.followed();
  server.next = [problem(404, 'NotFound', 'deploy/stage/shop: there is no such run')];
  server.cut();

  expect(await job.ended).toBe(1);
  expect(job.log()).toContain('there is no such run');
  expect(job.file('output')).toContain('status=running\n');
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a job that is cancelled by %s says that the run goes on, and how to watch it',
  async (signal) => {
    const job = startGithubJob(server);
    await server.followed();
    server.moment('rolling out');
    await job.until('rolling out');
    job.kill(signal);

    expect(await job.ended).toBe(130);
    expect(job.log()).toContain(
      'cancelled; the run goes on; watch it: runbook watch deploy/stage/shop; end it: runbook abort deploy/stage/shop',
    );
    expect(job.file('output')).toContain('status=running\n');
    expect(job.file('summary.md')).toMatch(/: running\n\nthe job was cancelled; the run goes on/);
  },
);

test('cancelled before the server has said which run it is, it says that nobody knows', async () => {
  server.next = Array.from({ length: 50 }, () => ({ status: 503, body: '' }));
  const job = startGithubJob(server);
  await eventually('a request', 20, () => Promise.resolve(server.requests.length > 0));
  await job.until('trying again');
  job.kill('SIGTERM');

  expect(await job.ended).toBe(130);
  expect(job.log()).toMatch(/it may go on all the same; see runbook list/);
});

test('a run that lasts longer than the job may goes on; the job ends with 124', async () => {
  const job = startGithubJob(server, { 'timeout-minutes': '0.03' });

  expect(await job.ended).toBe(124);
  expect(job.log()).toMatch(
    /has not ended after 0\.03 min; the run goes on; watch it: runbook watch deploy\/stage\/shop/,
  );
  expect(job.file('summary.md')).toContain('the run goes on');
});

test.each([
  [
    { server: 'http://runbooks.example.com' },
    'server: expected an address that begins with https://, found "http://runbooks',
  ],
  [{ server: 'runbooks' }, 'server: expected an address'],
  [{ runbook: '' }, 'runbook: expected the name of a file'],
  [{ 'timeout-minutes': 'long' }, 'timeout-minutes: expected a number'],
  [{ 'timeout-minutes': '99999' }, 'timeout-minutes: expected a number up to a week'],
  [{ values: 'TAG' }, 'values: expected NAME=VALUE, found "TAG"'],
  [{ values: 'TAG=1\nTAG=2' }, 'values: expected each name once, found TAG twice'],
])('inputs %j are refused before anybody is asked', async (inputs, said) => {
  const job = startGithubJob(server, inputs);

  expect(await job.ended).toBe(2);
  expect(job.log()).toContain(said);
  expect([server.requests, server.issuer.asked]).toEqual([[], []]);
});

test('a job without an identity says what it needs', async () => {
  const github = startGithubJob(server, {}, { ACTIONS_ID_TOKEN_REQUEST_URL: '' });
  const gitlab = startGitlabJob(server, {});

  expect([await github.ended, await gitlab.ended]).toEqual([1, 1]);
  expect(github.log()).toContain('expected "permissions: id-token: write" in the workflow');
  expect(gitlab.log()).toContain('expected RUNBOOK_ID_TOKEN among its id_tokens');
  expect(server.requests).toEqual([]);
});

test('values of GitLab that are no list are refused', async () => {
  const job = startGitlabJob(server, { RUNBOOK_ID_TOKEN: 'x', RUNBOOK_VALUES: 'values: [1]' });

  expect(await job.ended).toBe(2);
  expect(job.log()).toContain('values: expected a list of "NAME=VALUE", found [1]');
});

test('the token follows no redirection', async () => {
  const elsewhere = await startCiServer();
  server.next = Array.from({ length: 50 }, () => ({ status: 307, body: '', location: `${elsewhere.url}/v1/runs` }));
  const job = startGithubJob(server, { 'timeout-minutes': '0.05' });

  expect(await job.ended).toBe(124);
  expect(elsewhere.requests).toEqual([]);
  await elsewhere.close();
});
