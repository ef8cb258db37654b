import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findProblems, readRunbook, type ValueSources } from '../../client/runbook-file.js';
import { InvalidRunbook } from '../../runbooks/problems.js';

let folder: string;
let file: string;

const runbook = `kind: deploy
service: web
environment: \${ENVIRONMENT:-dev}
target: { namespace: "\${NAMESPACE}", deployment: web }
image: shop/web:\${TAG}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-file-'));
  file = join(folder, 'deploy.yaml');
  await mkdir(join(folder, 'environments'));
  await writeFile(file, runbook);
  await writeFile(
    join(folder, 'environments/dev.yaml'),
    'kind: environment\nname: dev\nvalues: { NAMESPACE: shop-dev }\n',
  );
  await writeFile(
    join(folder, 'environments/prod.yaml'),
    'kind: environment\nname: prod\nvalues: { NAMESPACE: shop, TAG: from-file }\ngate: { approvals: 2 }\n',
  );
  await writeFile(
    join(folder, 'environments/odd.yaml'),
    'kind: environment\nname: other\nvalues: { NAMESPACE: x, TAG: y }\n',
  );
});

afterAll(() => rm(folder, { recursive: true }));

function sources(changes: Partial<ValueSources> = {}): ValueSources {
  return { set: new Map(), process: {}, ...changes };
}

async function problemsWith(changes: Partial<ValueSources>): Promise<string[]> {
  const error: unknown = await readRunbook(file, sources(changes)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidRunbook);
  return (error as InvalidRunbook).message.replaceAll(`${folder}/`, '').split('\n');
}

describe('values', () => {
  test('--set is stronger than the environment’s file, which is stronger than the process', async () => {
    const process = { TAG: 'from-process', NAMESPACE: 'from-process' };

    const fromFile = await readRunbook(file, sources({ environment: 'prod', process }));
    const fromSet = await readRunbook(file, sources({ environment: 'prod', process, set: new Map([['TAG', '9']]) }));

    expect(fromFile.runbook).toMatchObject({ image: 'shop/web:from-file', target: { namespace: 'shop' } });
    expect(fromSet.runbook).toMatchObject({ image: 'shop/web:9' });
  });

  test('the runbook names the environment where nobody else does, and its gate comes along', async () => {
    const set = new Map([['TAG', '9']]);

    const dev = await readRunbook(file, sources({ set }));
    const prod = await readRunbook(file, sources({ set: new Map([...set, ['ENVIRONMENT', 'prod']]) }));

    expect([dev.runbook.environment, dev.gate]).toEqual(['dev', undefined]);
    expect([prod.runbook.environment, prod.gate?.approvals]).toEqual(['prod', 2]);
  });
});

describe('problems', () => {
  test('a missing value is said where it is missing, and nothing follows from it', async () => {
    expect(await problemsWith({})).toEqual([
      "deploy.yaml:5:8 no value for ${TAG}; give it with --set TAG=…, in the environment's file, or as ${TAG:-default}",
    ]);
  });

  test('an environment without a file is refused: its gate would be unknown', async () => {
    const problems = await problemsWith({
      environment: 'qa',
      set: new Map([
        ['TAG', '1'],
        ['NAMESPACE', 'x'],
      ]),
    });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('environments/qa.yaml:1:1 there is no such file');
  });

  test('an environment’s file must be called as the environment is', async () => {
    expect((await problemsWith({ environment: 'odd' })).join()).toContain('name: expected "odd"');
  });

  test('the name of an environment leads nowhere else', async () => {
    const set = new Map([
      ['TAG', '1'],
      ['NAMESPACE', 'x'],
    ]);

    expect((await problemsWith({ environment: '../environments/dev', set })).join()).toContain('expected a name');
  });

  test('a runbook cannot be run for an environment that it does not name', async () => {
    const problems = await problemsWith({
      environment: 'dev',
      set: new Map([
        ['TAG', '1'],
        ['ENVIRONMENT', 'prod'],
      ]),
    });

    expect(problems.join()).toContain('environment: expected "dev", found "prod"');
  });

  test('environments are checked as such, and a file that is not there is a problem', async () => {
    expect(await findProblems(join(folder, 'environments/prod.yaml'), sources())).toEqual([]);
    expect(await findProblems(join(folder, 'nowhere.yaml'), sources())).toMatchObject([{ line: 1, column: 1 }]);
  });
});
