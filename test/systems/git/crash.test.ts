import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { builtFile } from '../../../stack/locations.js';
import { file, good, leftDirectories, manifest, remoteOfEachTest, rollbackOf } from './remote.js';

const remote = remoteOfEachTest();

/** Rolls back in a process of its own whose `git push` does what the shell says; that is told the process by $PPID. */
async function rollBackInProcess(onPush: string): Promise<{ pid: number; signal: NodeJS.Signals | null }> {
  const shim = join(remote.directory, 'git');
  const real = `PATH='${process.env['PATH']}' git "$@"`;
  writeFileSync(shim, `#!/bin/sh\nif [ "$1" = push ]; then ${onPush.replace('PUSH', real)}; else ${real}; fi\n`);
  chmodSync(shim, 0o755);
  const script = `import { rollBackInGit } from ${JSON.stringify(pathToFileURL(builtFile('systems/git/roll-back.js')).href)};
    await rollBackInGit(${JSON.stringify(rollbackOf(remote))});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    // With a place for temporary files of its own: whoever uses git elsewhere on this machine removes what the dead have left there.
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      TMPDIR: remote.directory,
      PATH: `${remote.directory}:${process.env['PATH']}`,
    },
    stdio: 'ignore',
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { pid: child.pid ?? 0, signal };
}

test.each([
  ['between commit and push', 'kill -9 $PPID', 0],
  ['after the push, before its answer', 'PUSH; kill -9 $PPID', 1],
])('a process that is killed %s leaves the next one to end it, with one commit', async (_, onPush, pushed) => {
  const main = remote.git('rev-parse', 'main');
  const { pid, signal } = await rollBackInProcess(onPush);

  expect(signal).toBe('SIGKILL');
  expect(remote.git('rev-list', '--count', `${main.trim()}..main`).trim()).toBe(String(pushed));
  expect(leftDirectories(pid, remote.directory)).toHaveLength(1);

  expect((await rollBackInProcess('PUSH')).signal).toBe(null);

  expect(remote.show(file)).toBe(manifest(good));
  expect(remote.git('rev-list', '--count', `${main.trim()}..main`).trim()).toBe('1');
  expect(leftDirectories(pid, remote.directory)).toEqual([]);
});
