import { describe, expect, test } from '@jest/globals';
import { rollBackInGit } from '../../../systems/git/roll-back.js';
import { bad, file, good, leftDirectories, manifest, remoteOfEachTest, rollbackOf } from './remote.js';

const remote = remoteOfEachTest();

describe('the commit that brought the image in is reverted', () => {
  test('as one commit of the run, by its author, which is read back', async () => {
    const broughtIn = remote.git('rev-parse', 'main').trim();

    const told = await rollBackInGit(rollbackOf(remote));

    expect(remote.show(file)).toBe(manifest(good));
    expect(remote.ofRun()).toEqual([
      `Roll back web to ${good}\n\n${file}: ${bad} is taken back.\nThis reverts commit ${broughtIn}.\n\nRunbook-Run: 0197-run-1`,
    ]);
    expect(remote.git('log', '-1', '--format=%an <%ae> %cn', 'main').trim()).toBe(
      'Temporal Runbooks <runbooks@localhost> Temporal Runbooks',
    );
    expect(told).toBe(
      `${file} on main names ${good}: commit ${remote.git('rev-parse', 'main').slice(0, 10)}. This reverts commit ${broughtIn}.`,
    );
    expect(leftDirectories()).toEqual([]);
  });

  test('with what else it changed in the service’s folder, though others came after it', async () => {
    const configuration = 'apps/web/config.yaml';
    remote.commit('way back', { [file]: manifest(good), [configuration]: 'a: 1\n' });
    remote.commit('release with configuration', { [file]: manifest(bad), [configuration]: 'a: 2\n' });
    remote.bury(60);
    remote.commit('more replicas', { [file]: manifest(bad, 'replicas: 9') });

    await rollBackInGit(rollbackOf(remote));

    expect(remote.show(configuration)).toBe('a: 1\n');
    expect(remote.show(file)).toBe(manifest(good, 'replicas: 9'));
    expect(remote.ofRun()[0]).toContain('This reverts commit');
  });
});

describe('only the image is replaced, and the commit says why, where the commit', () => {
  test.each<[string, () => void, string, string]>([
    [
      'changed another service too',
      () => {
        remote.commit('way back', { [file]: manifest(good) });
        remote.commit('release all', {
          [file]: manifest(bad, 'replicas: 7'),
          'apps/api/deployment.yaml': 'image: api:2\n',
        });
      },
      manifest(good, 'replicas: 7'),
      'changed apps/api/deployment.yaml as well, outside of apps/web',
    ],
    [
      'cannot be reverted',
      () =>
        remote.commit('rewritten', {
          [file]: manifest(bad).replace('# bumped by CI', '# by hand').replace('the web', 'web'),
        }),
      manifest(good).replace('# bumped by CI', '# by hand').replace('the web', 'web'),
      'cannot be reverted, for the same lines were changed since',
    ],
    [
      'came after another image',
      () => {
        remote.commit('1.4.9', { [file]: manifest('registry.local/shop/web:1.4.9') });
        remote.commit('1.5.0', { [file]: manifest(bad) });
      },
      manifest(good),
      'the file had another image',
    ],
    [
      'made the file',
      () => {
        remote.git('update-ref', '-d', 'refs/heads/main');
        remote.git(
          'update-ref',
          'refs/heads/main',
          remote.git('commit-tree', '-m', 'all', remote.git('write-tree').trim()).trim(),
        );
        remote.commit('all', { [file]: manifest(bad) });
      },
      manifest(good),
      'Only the image is replaced',
    ],
  ])('%s', async (_, prepare, text, reason) => {
    prepare();

    await rollBackInGit(rollbackOf(remote));

    expect(remote.show(file)).toBe(text);
    expect(remote.ofRun()[0]).toContain(reason);
    expect(remote.git('diff', '--name-only', 'main^', 'main')).toBe(`${file}\n`);
  });
});

describe('for a pull request', () => {
  const branch = 'runbooks/rollback-web-0197-run-1';

  test('a branch of the run’s own is pushed, and the cluster’s branch is left alone', async () => {
    const told = await rollBackInGit(rollbackOf(remote, { mode: 'pullRequest' }));

    expect(remote.show(file)).toBe(manifest(bad));
    expect(remote.show(file, branch)).toBe(manifest(good));
    expect(told).toContain(`${file} on ${branch} names ${good}`);
  });

  test('one that was merged and deleted is found on the cluster’s branch', async () => {
    await rollBackInGit(rollbackOf(remote, { mode: 'pullRequest' }));
    remote.git('update-ref', 'refs/heads/main', branch);
    remote.git('branch', '-D', branch);

    expect(await rollBackInGit(rollbackOf(remote, { mode: 'pullRequest' }))).toContain(`${file} on main names ${good}`);
    expect(remote.git('branch', '--list', branch)).toBe('');
  });

  const undo = () =>
    rollbackOf(remote, { mode: 'pullRequest', runId: 'undo', from: good, to: bad, withdraws: '0197-run-1' });

  test('a rollback that is taken back removes what nobody shall merge any more, and does it again without harm', async () => {
    await rollBackInGit(rollbackOf(remote, { mode: 'pullRequest' }));

    expect(await rollBackInGit(undo())).toBe(`${file} on main names ${bad} already; branch ${branch} is removed`);
    expect(await rollBackInGit(undo())).toBe(`${file} on main names ${bad} already`);

    expect(remote.git('branch', '--list', 'runbooks/*')).toBe('');
    expect(remote.show(file)).toBe(manifest(bad));
  });

  test('one that was merged before is taken back by a branch of its own', async () => {
    await rollBackInGit(rollbackOf(remote, { mode: 'pullRequest' }));
    remote.git('update-ref', 'refs/heads/main', branch);

    expect(await rollBackInGit(undo())).toContain(`branch ${branch} is removed`);

    expect(remote.show(file, 'runbooks/rollback-web-undo')).toBe(manifest(bad));
  });

  test('a branch that somebody has committed to is left, and named', async () => {
    await rollBackInGit(rollbackOf(remote, { mode: 'pullRequest' }));
    const theirs = remote.git('commit-tree', '-p', branch, '-m', 'more of it', `${branch}^{tree}`).trim();
    remote.git('update-ref', `refs/heads/${branch}`, theirs);

    expect(await rollBackInGit(undo())).toContain(`branch ${branch} is left: somebody has committed to it`);

    expect(remote.git('rev-parse', branch).trim()).toBe(theirs);
  });
});

describe('nothing is pushed', () => {
  const before = () => remote.git('rev-parse', 'main');

  test('where the file names the image from before already', async () => {
    remote.commit('by hand', { [file]: manifest(good) });
    const main = before();

    expect(await rollBackInGit(rollbackOf(remote))).toBe(`${file} on main names ${good} already`);
    expect(before()).toBe(main);
  });

  test.each<[string, () => void, Parameters<typeof rollbackOf>[1], string, string]>([
    [
      'a third image',
      () => remote.commit('1.6.0', { [file]: manifest('registry.local/shop/web:1.6.0') }),
      {},
      'Refused',
      'found neither',
    ],
    [
      'several lines',
      () =>
        remote.commit('values', {
          [file]: `a:\n  repository: registry.local/shop/web\n  tag: 1.5.0\nb:\n  tag: 1.5.0\n`,
        }),
      {},
      'Refused',
      'by hand',
    ],
    ['no such file', () => undefined, { file: 'apps/none.yaml' }, 'NotFound', 'check git.file'],
    ['no such branch', () => undefined, { branch: 'prod' }, 'NotFound', 'check git.branch'],
    ['no such repository', () => undefined, { remote: '/nowhere/shop.git' }, 'NotFound', 'check git.remote'],
    [
      'a protected branch',
      () => remote.hook('pre-receive', 'echo "main is protected" >&2; exit 1'),
      {},
      'Forbidden',
      'main is protected',
    ],
    [
      'nobody who listens',
      () => undefined,
      { remote: 'http://127.0.0.1:1/shop.git' },
      'SystemUnreachable',
      'check git.remote and the network',
    ],
  ])('for %s, and the message says what to do', async (_, prepare, over, code, message) => {
    prepare();
    const main = before();

    await expect(rollBackInGit(rollbackOf(remote, over))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(before()).toBe(main);
    expect(leftDirectories()).toEqual([]);
  });
});
