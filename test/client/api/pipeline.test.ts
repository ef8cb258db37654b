import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { removeJobs, startGithubJob, startGitlabJob } from '../../deploy/ci/job.js';
import { openApiPlace, type ApiPlace } from '../../support/api-place.js';
import { startIssuer, type Issuer } from '../../support/issuer.js';

jest.setTimeout(180_000);

let place: ApiPlace;
let gitlab: Issuer;
let github: Issuer;
const audience = 'temporal-runbooks';
const alice = '1';
const bob = '2';

beforeAll(async () => {
  [place, gitlab, github] = await Promise.all([openApiPlace('ci'), startIssuer(audience), startIssuer(audience)]);
  const source = (id: string) => [{ id, environments: [place.environment] }];
  const people = [
    { name: 'alice', ids: { company: alice, gitlab: '5', github: '6' } },
    ...[{ name: 'bob', ids: { company: bob } }, { name: 'carol' }, { name: 'dave' }],
  ];
  await place.writeAccess({
    people,
    issuers: {
      company: { kind: 'people', url: place.issuer.url, audience: 'runbooks' },
      gitlab: { kind: 'gitlab', url: gitlab.url, audience, projects: source('42') },
      github: { kind: 'github', url: github.url, audience, repositories: source('77') },
    },
    roles: { everybody: { people: ['alice', 'bob'] }, approvers: { people: ['alice', 'bob'] } },
    rules: [
      { roles: ['everybody'], verbs: ['read', 'run'] },
      { roles: ['approvers'], verbs: ['approve'] },
    ],
  });
});

afterAll(async () => {
  await removeJobs();
  await Promise.all([place.close(), gitlab.close(), github.close()]);
});

async function gitlabJob(claims: object, tag = '1.5.0') {
  const job = { project_id: '42', user_id: '5', ref_protected: 'true', ...claims };
  return startGitlabJob(
    { url: place.api.address },
    {
      RUNBOOK_ID_TOKEN: await gitlab.token(job),
      RUNBOOK_RUNBOOK: 'deploy.yaml',
      RUNBOOK_ENVIRONMENT: place.environment,
      RUNBOOK_VALUES: JSON.stringify([`TAG=${tag}`]),
      RUNBOOK_AUDIENCE: audience,
    },
  );
}

test('a job of GitLab starts a run as who has started it, follows it, and ends as it does', async () => {
  await place.withWorkers(async () => {
    const job = await gitlabJob({});
    const own = await place.approve(alice);
    expect(own.body['detail']).toMatch(/alice asked for this run, and four eyes are needed/);
    expect((await place.approve(bob)).status).toBe(200);

    expect(await job.ended).toBe(0);
    const { requestedBy } = await place.untilRecord('the end', ({ phase }) => phase === 'finished');
    expect(requestedBy).toEqual({ name: 'alice', trust: 'signed' });
    expect(job.log()).toContain('bob (signed): approve');
    expect(job.file('runbook.env')).toContain(`RUNBOOK_RUN=${place.run}`);
    expect(job.file('runbook.md')).toContain('succeeded');
  });
});

test('a fork, a branch that is not protected and a stranger start nothing, and are told why', async () => {
  const end = async (claims: object) => {
    const job = await gitlabJob(claims);
    return `${await job.ended} ${job.log()}`;
  };

  expect(await end({ project_id: '43' })).toMatch(/^1 [\s\S]*project 43 is not one that may act here/);
  expect(await end({ ref_protected: 'false' })).toMatch(/^1 [\s\S]*protected branch or tag/);
  expect(await end({ user_id: '999' })).toMatch(/^1 [\s\S]*somebody of the access file behind it/);
});

test('a job of GitHub asks for its token, and a bad release is its own failure', async () => {
  const tokens = createServer((_, response) => {
    void github
      .token({ repository_id: '77', actor_id: '6', ref_protected: 'true' })
      .then((value) => response.setHeader('content-type', 'application/json').end(JSON.stringify({ value })));
  });
  await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
  try {
    await place.withWorkers(async () => {
      const { port } = tokens.address() as AddressInfo;
      const environment = () => ({
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/?v=2`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
      });
      const job = startGithubJob(
        { url: place.api.address, issuer: { environment } },
        // An image that is nowhere: it never becomes ready.
        { runbook: 'deploy.yaml', environment: place.environment, values: 'TAG=9.9.9', audience },
      );
      await place.approve(bob);

      expect(await job.ended).toBe(3);
      expect(job.file('summary.md')).toMatch(/undone/);
      expect(job.file('output')).toMatch(/status=undone/);
    });
  } finally {
    tokens.close();
  }
});
