import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { startCiServer, type CiServer } from '../../support/ci-server.js';
import { removeJobs, startGitlabJob } from './job.js';

jest.setTimeout(60_000);

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; main: string };
}

type Given = Record<string, string | number | string[]>;

interface Input {
  default?: Given[string];
  type?: string;
  regex?: string;
  options?: string[];
  description: string;
}

interface GitlabJob {
  stage: string;
  when: string;
  allow_failure: boolean;
  timeout: string;
  image: { name: string };
  id_tokens: Record<string, { aud: string }>;
  variables: Record<string, string>;
  script: string[];
  artifacts: { when: string; paths: string[]; reports: { dotenv: string } };
}

const action = parse(read('deploy/github/action.yml')) as Action;
const template = read('deploy/gitlab/templates/runbook/template.yml');
const [header = '', content = ''] = template.split('\n---\n');
const { inputs } = (parse(header) as { spec: { inputs: Record<string, Input> } }).spec;

/** As GitLab does it: the text is filled in before it is read as YAML; a list is written as JSON. */
function interpolate(given: Given): Record<string, GitlabJob> {
  const text = content.replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
    const value = given[name] ?? inputs[name]?.default;
    if (value === undefined) throw new Error(`input ${name}: expected a value`);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  return parse(text) as Record<string, GitlabJob>;
}

let server: CiServer;

beforeAll(async () => {
  server = await startCiServer();
});

afterAll(async () => {
  await server.close();
  await removeJobs();
});

test('the action runs on Node 20, and what it runs is there', () => {
  expect(action.runs.using).toBe('node20');
  expect(existsSync(join(root, 'deploy/github', action.runs.main))).toBe(true);
});

test('each input and output of the action is one that is read or written, and the other way round', () => {
  const settings = read('deploy/ci/settings.mjs') + read('deploy/ci/github.mjs');
  const asked = new Set([...settings.matchAll(/input\('([\w-]+)'\)/g)].map(([, name]) => name));
  const written = /const outputs = \{ (.*) \};/.exec(read('deploy/ci/github.mjs'))?.[1] ?? '';

  expect(new Set(Object.keys(action.inputs))).toEqual(asked);
  expect(written.split(', ').map((each) => each.split(':')[0]?.replaceAll("'", ''))).toEqual(
    Object.keys(action.outputs),
  );
  for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)])
    expect(description).toMatch(/\S/);
});

test('the component and the action take the same, with the same defaults', () => {
  const ownOfGitlab = ['job', 'stage', 'when', 'image'];
  const shared = Object.keys(inputs).filter((name) => !ownOfGitlab.includes(name));

  expect(new Set(shared)).toEqual(new Set(Object.keys(action.inputs)));
  for (const name of ['audience', 'timeout-minutes'])
    expect(String(inputs[name]?.default)).toBe(action.inputs[name]?.default);
});

test('the component uses each of its inputs, and no other', () => {
  const used = new Set([...content.matchAll(/\$\[\[ inputs\.([\w-]+) \]\]/g)].map(([, name]) => name));

  expect(used).toEqual(new Set(Object.keys(inputs)));
  expect(content.match(/\$\[\[/g)?.length).toBe([...content.matchAll(/\$\[\[ inputs\.[\w-]+ \]\]/g)].length);
});

const given = {
  image: 'registry.example/runbooks:0.1.0',
  server: 'https://runbooks.example.com',
  runbook: 'shop/deploy.yaml',
};

test('a job of the component: its token, a button that blocks, files that are there whatever happens', () => {
  const { runbook: job } = interpolate({ ...given, when: 'manual', 'timeout-minutes': 30, reason: "it's: time" });

  expect(job).toMatchObject({
    ...{ stage: 'deploy', when: 'manual', allow_failure: false, timeout: '30 minutes 5 minutes' },
    id_tokens: { RUNBOOK_ID_TOKEN: { aud: 'temporal-runbooks' } },
    artifacts: { when: 'always', paths: ['runbook.md'], reports: { dotenv: 'runbook.env' } },
  });
  expect(job?.variables['RUNBOOK_REASON']).toBe("it's: time");
  const script = /^node \/app\/(\S+)$/.exec(job?.script[0] ?? '')?.[1] ?? '';
  expect(existsSync(join(root, script))).toBe(true);
  expect(read('deploy/Dockerfile')).toContain(`COPY --from=build /app/${dirname(script)} ./${dirname(script)}`);
  expect(read('.dockerignore')).toContain(`!${dirname(script)}\n`);
});

test('values with quotes, backslashes and line ends reach the server as they were written', async () => {
  const values = ['TAG=1.5.0', 'QUOTE="it\'s" \\ {a: b} # no comment', 'LINES=one\ntwo'];
  const { runbook: job } = interpolate({ ...given, values, environment: 'stage', reason: 'no reason' });
  const token = await server.issuer.makeToken();
  const started = startGitlabJob(server, { ...job?.variables, RUNBOOK_SERVER: server.url, RUNBOOK_ID_TOKEN: token });
  await server.followed();
  server.end({ name: 'succeeded', message: 'done' }, 0);

  expect(await started.ended).toBe(0);
  expect(server.started[0]?.body).toEqual({
    runbook: 'shop/deploy.yaml',
    environment: 'stage',
    values: { TAG: '1.5.0', QUOTE: '"it\'s" \\ {a: b} # no comment', LINES: 'one\ntwo' },
    reason: 'no reason',
  });
});

test('the pipeline of GitLab gives the component what it takes: dev by itself, stage by a button, prod last', () => {
  interface Pipeline {
    stages: string[];
    include: Array<{ component: string; inputs: Given }>;
  }
  const pipeline = parse(read('deploy/gitlab/example.gitlab-ci.yml'), { merge: true }) as Pipeline;
  const jobs = pipeline.include.map(({ component, inputs: own }) => {
    expect(component).toMatch(/\/runbook@\d+\.\d+\.\d+$/);
    for (const [name, value] of Object.entries(own)) {
      const { regex, options } = inputs[name] ?? {};
      expect(inputs).toHaveProperty([name]);
      expect(String(value)).toMatch(new RegExp(regex ?? ''));
      expect(options ?? [value]).toContain(value);
    }
    return interpolate(own);
  });

  const shown = jobs.flatMap((each) =>
    Object.entries(each).map(([name, job]) => [name, job.stage, job.when, job.variables['RUNBOOK_ENVIRONMENT']]),
  );
  expect(shown).toEqual([
    ['deploy-dev', 'dev', 'on_success', 'dev'],
    ['deploy-stage', 'stage', 'manual', 'stage'],
    ['deploy-prod', 'prod', 'on_success', 'prod'],
  ]);
  expect(pipeline.stages).toEqual(['build', 'dev', 'stage', 'prod']);
});

test('the workflow of GitHub gives the action what it takes, and its jobs an identity; prod outlasts what it watches', () => {
  interface Job {
    needs?: string;
    environment?: string;
    permissions: Record<string, string>;
    'timeout-minutes'?: number;
    steps: Array<{ uses: string; with?: Given }>;
  }
  const { jobs } = parse(read('deploy/github/example.yml')) as { jobs: Record<string, Job> };
  const releases = Object.entries(jobs).filter(([name]) => name !== 'build');
  for (const [, { permissions, steps }] of releases) {
    const [step] = steps;
    expect(permissions).toEqual({ 'id-token': 'write' });
    expect(step?.uses).toMatch(/\/deploy\/github@v\d+\.\d+\.\d+$/);
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step?.with ?? {})));
    const required = Object.keys(action.inputs).filter((name) => action.inputs[name]?.required);
    expect(Object.keys(step?.with ?? {})).toEqual(expect.arrayContaining(required));
  }

  expect(
    releases.map(([name, { needs, environment, steps }]) => [
      name,
      needs,
      environment,
      steps[0]?.with?.['environment'],
    ]),
  ).toEqual([
    ['dev', 'build', undefined, 'dev'],
    ['stage', 'dev', 'stage', 'stage'],
    ['prod', 'stage', undefined, 'prod'],
  ]);
  const { prod } = jobs;
  expect(prod?.['timeout-minutes']).toBeGreaterThan(Number(prod?.steps[0]?.with?.['timeout-minutes']));
});

test('every file of YAML is one without a warning', () => {
  for (const file of [
    'github/action.yml',
    'github/example.yml',
    'gitlab/example.gitlab-ci.yml',
    'prometheus/runbooks.rules.yaml',
  ]) {
    const problems = parseAllDocuments(read(`deploy/${file}`), { merge: true }).flatMap(({ errors, warnings }) => [
      ...errors,
      ...warnings,
    ]);
    expect(problems).toEqual([]);
  }
});
