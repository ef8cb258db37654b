import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../client/api/authentication/static-token.js';
import { runProgram } from '../../client/cli/program.js';
import { parseSigningKey, readStatement, sign, type PublicKey } from '../../core/statement.js';
import { recordTerminal } from './recorded-terminal.js';

let folder: string;
let access: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auth-'));
  access = join(folder, 'access.yaml');
  const text = `kind: access
people: [{ name: alice }]
roles: { releasers: { people: [alice] } }
rules: [{ roles: [releasers], verbs: [run], environments: [dev] }]
`;
  await writeFile(access, text);
});

afterAll(() => rm(folder, { recursive: true }));

async function run(...words: string[]) {
  const terminal = recordTerminal({
    environment: { RUNBOOK_KEYRING: 'off', RUNBOOK_ACCESS: access, RUNBOOK_USER: 'alice' },
  });
  const exitCode = await runProgram(words, terminal);
  return { exitCode, ...terminal.written };
}

test('says whether somebody may, by which rule, and ends with 1 where not', async () => {
  expect(await run('auth', 'can-i', 'run', '-e', 'dev')).toMatchObject({
    exitCode: 0,
    stdout: 'yes: rule 1 allows releasers to run\n',
  });
  const no = await run('auth', 'can-i', 'run', '--as', 'bob', '-e', 'dev', '--json');
  expect(no.exitCode).toBe(1);
  expect(JSON.parse(no.stdout)).toEqual({ allowed: false, why: 'no rule allows bob to run in dev: bob has no role' });
});

test('a token is shown once, and the file gets its hash', async () => {
  const { stdout, stderr } = await run('auth', 'token', 'nightly');
  const line = JSON.parse(/- (\{.*\})/.exec(stderr)?.[1] ?? '') as { sha256: string; person: string };

  expect(stdout).toMatch(/^rbk_[\w-]{43}\n$/);
  expect(line).toMatchObject({ name: 'nightly', sha256: hashToken(stdout.trim()), person: 'alice' });
  expect(stderr).not.toContain(stdout.trim());
});

test('a key that was made signs what its public half reads, is its owner’s alone, and overwrites none', async () => {
  const file = join(folder, 'vote.jwk');
  const { stdout } = await run('auth', 'keys', file);
  const key = await parseSigningKey(await readFile(file, 'utf8'), file);
  const statement = { by: { name: 'alice', via: 'test', groups: [] }, workflowId: 'deploy/dev/web', input: 'x' };
  const token = await sign('start', statement, key);

  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readStatement('start', token, [JSON.parse(stdout) as PublicKey], new Date())).toEqual(statement);
  await expect(readStatement('vote', token, [JSON.parse(stdout) as PublicKey], new Date())).rejects.toThrow(/aud/);
  const later = new Date(Date.now() + 11 * 60_000);
  await expect(readStatement('start', token, [JSON.parse(stdout) as PublicKey], later)).rejects.toMatchObject({
    code: 'Refused',
  });
  expect(await run('auth', 'keys', file)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/EEXIST/) });
});
