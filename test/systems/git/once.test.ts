import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { rollBackInGit } from '../../../systems/git/roll-back.js';
import { bad, file, good, leftDirectories, manifest, remoteOfEachTest, rollbackOf } from './remote.js';

const remote = remoteOfEachTest();

describe('one commit a run', () => {
  test.each(['revert', 'pullRequest'] as const)('a second time (%s) nothing is pushed', async (mode) => {
    const rollback = rollbackOf(remote, { mode });
    await rollBackInGit(rollback);
    const before = remote.git('for-each-ref');

    expect(await rollBackInGit(rollback)).toContain(`names ${good}: commit`);
    expect(remote.git('for-each-ref')).toBe(before);
  });

  test('also when the image was released again since: the run has done its part', async () => {
    await rollBackInGit(rollbackOf(remote));
    remote.commit('again', { [file]: manifest(bad) });

    await rollBackInGit(rollbackOf(remote));

    expect(remote.show(file)).toBe(manifest(bad));
    expect(remote.ofRun()).toHaveLength(1);
  });

  test.each(['revert', 'pullRequest'] as const)('two at once (%s) make one', async (mode) => {
    const rollback = rollbackOf(remote, { mode });
    const told = await Promise.all([rollBackInGit(rollback), rollBackInGit(rollback), rollBackInGit(rollback)]);

    expect(new Set(told.map((each) => /commit (\w+)/.exec(each)?.[1])).size).toBe(1);
    expect(remote.ofRun(mode === 'revert' ? 'main' : 'runbooks/rollback-web-0197-run-1')).toHaveLength(1);
  });

  test('a branch that moved while it was pushed to is fetched again, and nobody’s work is lost', async () => {
    // The push of somebody else lands between our fetch and our push: once, by the hook that runs before the ref is set.
    const other = remote.git('commit-tree', '-p', 'main', '-m', 'theirs', 'main^{tree}').trim();
    remote.hook(
      'pre-receive',
      `test -e moved || { touch moved; env -u GIT_QUARANTINE_PATH git update-ref refs/heads/main ${other}; }`,
    );

    await rollBackInGit(rollbackOf(remote));

    expect(existsSync(join(remote.path, 'moved'))).toBe(true);
    expect(remote.messages().slice(0, 2)).toEqual([expect.stringContaining('Roll back web'), 'theirs']);
    expect(remote.show(file)).toBe(manifest(good));
  });

  test('a file that changed while its history was fetched keeps that change', async () => {
    const rewritten = (image: string, extra?: string) => manifest(image, extra).replace('# bumped by CI', '# by hand');
    remote.commit('rewritten', { [file]: rewritten(bad) });
    remote.bury(60);
    const main = remote.git('rev-parse', 'main').trim();
    remote.commit('more replicas', { [file]: rewritten(bad, 'replicas: 9') });
    const moved = remote.git('rev-parse', 'main').trim();
    remote.git('update-ref', 'refs/heads/main', main);
    const searchPath = process.env['PATH'] ?? '';
    const shim = join(remote.directory, 'git');
    const move = `git -C ${remote.path} update-ref refs/heads/main ${moved} ${main} 2>/dev/null`;
    writeFileSync(shim, `#!/bin/sh\nPATH='${searchPath}'\ncase "$*" in *--depth=500*) ${move};; esac\nexec git "$@"\n`);
    chmodSync(shim, 0o755);
    process.env['PATH'] = `${remote.directory}:${searchPath}`;
    try {
      await rollBackInGit(rollbackOf(remote));
    } finally {
      process.env['PATH'] = searchPath;
    }

    expect(remote.messages().slice(0, 2)).toEqual([expect.stringContaining('Only the image'), 'more replicas']);
    expect(remote.show(file)).toBe(rewritten(good, 'replicas: 9'));
  });

  test('a branch that moves all the time is a conflict that may be tried again', async () => {
    remote.hook(
      'pre-receive',
      'env -u GIT_QUARANTINE_PATH git update-ref refs/heads/main $(git -c user.name=a -c user.email=b commit-tree -p main -m theirs "main^{tree}")',
    );

    await expect(rollBackInGit(rollbackOf(remote))).rejects.toMatchObject({ code: 'Conflict' });
    expect(leftDirectories()).toEqual([]);
  });

  test('a push whose answer says that it failed, but did not, is found', async () => {
    // The server sets the ref, then its connection breaks: the client only sees that it ended.
    remote.hook('post-receive', 'kill -9 $PPID');

    await rollBackInGit(rollbackOf(remote)).catch(() => undefined);
    await rollBackInGit(rollbackOf(remote));

    expect(remote.ofRun()).toHaveLength(1);
  });
});
