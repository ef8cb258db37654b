import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { prepareRun } from '../../client/cli/verbs/prepare-run.js';
import { runProgram } from '../../client/cli/program.js';
import { recordTerminal } from './recorded-terminal.js';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'early-refusal-'));
  file = join(folder, 'deploy.yaml');
  await mkdir(join(folder, 'environments'));
  await writeFile(
    file,
    'kind: deploy\nservice: web\nenvironment: ${ENVIRONMENT}\ntarget: { namespace: shop, deployment: web }\nimage: shop/web:1\n',
  );
  // The recorded terminal's clock stands at 2026-11-21 08:35 UTC.
  const freeze = '{ name: stocktaking, from: 2026-11-20T18:00, to: 2026-11-22T08:00, timeZone: Europe/Moscow }';
  await writeFile(join(folder, 'environments/prod.yaml'), `kind: environment\nname: prod\nfreezes: [${freeze}]\n`);
  await writeFile(
    join(folder, 'environments/night.yaml'),
    'kind: environment\nname: night\nallowed: [{ name: nights, from: 22:00, to: 06:00, timeZone: Europe/Moscow }]\n',
  );
  await writeFile(join(folder, 'environments/dev.yaml'), 'kind: environment\nname: dev\n');
});

afterAll(() => rm(folder, { recursive: true }));

/** Nothing listens on port 1: a run that is not refused ends with 1. */
async function run(environment: string, ...words: string[]) {
  const terminal = recordTerminal({ environment: { RUNBOOK_KEYRING: 'off', TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  const code = await runProgram(['run', file, '--environment', environment, ...words], terminal);
  return { code, ...terminal.written };
}

test('a run in a freeze ends with 6, says which, until when, and what to do; Temporal is not even asked', async () => {
  const { code, stdout, stderr } = await run('prod');

  expect([code, stdout]).toEqual([6, '']);
  expect(stderr).toBe(
    'error: deploy/prod/web: frozen by "stocktaking", until 2026-11-22 08:00 Europe/Moscow (2026-11-22 05:00 UTC); ' +
      'nothing was started; rolling back is allowed; --break-glass REASON records why you go ahead\n',
  );
});

test('a run outside of the allowed windows ends with 6, as data where asked', async () => {
  const { code, stdout } = await run('night', '--json');

  expect(code).toBe(6);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'Frozen', message: expect.stringContaining('only in "nights", next from 2026-11-21 22:00 Europe') },
  });
});

test('whoever breaks the glass gets through, and so does a run into an environment that is not frozen', async () => {
  expect(await run('prod', '--break-glass', 'payments are down')).toMatchObject({ code: 1 });
  expect(await run('dev')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing listens there') });
});

test.each(['', 'urgent', '   urgent   ', 'x'.repeat(501)])('"%s" is no reason to break the glass', async (reason) => {
  const { code, stderr } = await run('prod', '--break-glass', reason);

  expect(code).toBe(2);
  expect(stderr).toContain('Expected a reason of 10 to 500 characters');
});

test('the run carries who broke the glass, why and when, also where nothing was forbidden', async () => {
  const terminal = recordTerminal();
  const options = { requester: 'alice', breakGlass: 'payments are down' };
  const breakGlass = { by: 'alice', reason: 'payments are down', at: '2026-11-21T08:35:00.000Z' };

  const prod = await prepareRun(file, { ...options, environment: 'prod' }, terminal);
  const dev = await prepareRun(file, { ...options, environment: 'dev' }, terminal);

  expect(prod.permission).toMatchObject({ calendar: { freezes: [{ name: 'stocktaking' }] }, breakGlass });
  expect(dev.permission).toEqual({ breakGlass });
  expect(await prepareRun(file, { environment: 'dev' }, terminal)).not.toHaveProperty('permission');
});
