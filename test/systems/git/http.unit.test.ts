import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { rollBackInGit } from '../../../systems/git/roll-back.js';
import { createRemote, file, good, manifest, rollbackOf, type Remote } from './remote.js';
import { startGitServer, type GitServer } from './http-backend.js';

// Many processes of git: on a busy machine each takes its time.
jest.setTimeout(60_000);

const searchPath = process.env['PATH'] ?? '';
let remote: Remote;
let server: GitServer;
let log: string;

/** Writes down the arguments and the environment of every git that is started. */
function watchGit(): void {
  log = join(remote.directory, 'started.log');
  const shim = join(remote.directory, 'git');
  writeFileSync(shim, `#!/bin/sh\n{ echo "git $*"; env; } >> ${log}\nPATH='${searchPath}' exec git "$@"\n`);
  chmodSync(shim, 0o755);
  process.env['PATH'] = `${remote.directory}:${searchPath}`;
}

beforeEach(async () => {
  remote = createRemote();
  remote.git('config', 'http.receivepack', 'true');
  server = await startGitServer(remote.directory);
  watchGit();
});

afterEach(async () => {
  process.env['PATH'] = searchPath;
  await server.close();
  remote.remove();
});

function rollback(token: string) {
  const path = join(remote.directory, 'token');
  writeFileSync(path, `${token}\n`);
  return rollbackOf({ path: `${server.url}/shop.git` }, { token: { path, username: 'x-access-token' } });
}

test('a token in a file lets the worker push over HTTP, and is in no argument and no environment', async () => {
  await rollBackInGit(rollback(server.token));

  expect(remote.show(file)).toBe(manifest(good));
  const started = readFileSync(log, 'utf8');
  expect(started).toContain('git push');
  expect(started).not.toContain(server.token);
});

test('a push whose answer was lost is found, and a further attempt pushes nothing', async () => {
  server.losesPushes = 10;

  expect(await rollBackInGit(rollback(server.token))).toContain(`names ${good}`);
  expect(server.losesPushes).toBeLessThan(10);
  const main = remote.git('rev-parse', 'main');
  expect(await rollBackInGit(rollback(server.token))).toContain(`names ${good}: commit ${main.slice(0, 10)}`);
  expect(remote.git('rev-parse', 'main')).toBe(main);
  expect(remote.messages().filter((message) => message.includes('Runbook-Run'))).toHaveLength(1);
});

test('a token that does not do is told, without the token', async () => {
  const failing = rollBackInGit(rollback('another-token'));

  await expect(failing).rejects.toMatchObject({
    code: 'Forbidden',
    message: expect.stringMatching(/^(?!.*another-token).*check git\.tokenFile/),
  });
});

test('without a token nobody is asked for one', async () => {
  await expect(rollBackInGit(rollbackOf({ path: `${server.url}/shop.git` }))).rejects.toMatchObject({
    code: 'Forbidden',
  });
});
