import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, jest } from '@jest/globals';
import type { GitRollback } from '../../../systems/git/roll-back.js';

/** A bare repository on this machine, and a person who works in it. */
export interface Remote {
  directory: string;
  path: string;
  /** A person's commit of some files on main, pushed; gives its hash. */
  commit(message: string, files: Record<string, string>): string;
  /** Many commits of others, which change no file. */
  bury(count: number): void;
  /** The files of a branch's tip, by their paths. */
  show(file: string, branch?: string): string;
  /** Full messages, newest first. */
  messages(branch?: string): string[];
  /** Those of the run that `rollbackOf` is of. */
  ofRun(branch?: string): string[];
  git(...parameters: string[]): string;
  hook(name: string, script: string): void;
  remove(): void;
}

export const good = 'registry.local/shop/web:1.4.0';
export const bad = 'registry.local/shop/web:1.5.0';
export const file = 'apps/web/deployment.yaml';
const runId = '0197-run-1';

/** A manifest as it stands in such repositories; `extra` is another part of it. */
export const manifest = (image: string, extra = 'replicas: 2') =>
  `kind: Deployment\nspec:\n  ${extra}\n  template:\n    # the web\n    containers:\n      - name: web\n        image: ${image} # bumped by CI\n      - name: proxy\n        image: registry.local/proxy:1.5.0\n`;

const person = ['-c', 'user.name=Person', '-c', 'user.email=person@example.com', '-c', 'commit.gpgsign=false'];

function run(cwd: string, ...parameters: string[]): string {
  return execFileSync('git', [...person, ...parameters], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function remoteIn(directory: string): Remote {
  const path = join(directory, 'shop.git');
  const work = join(directory, 'work');
  const git = (...parameters: string[]) => run(path, ...parameters);
  const messages = (branch = 'main') =>
    git('log', '-z', '--format=%B', branch)
      .split('\0')
      .map((message) => message.trim());
  return {
    directory,
    path,
    git,
    commit(message, files) {
      if (git('branch', '--list', 'main') !== '') {
        run(work, 'fetch', '--quiet', 'origin', 'main');
        run(work, 'reset', '--quiet', '--hard', 'FETCH_HEAD');
      }
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(work, name)), { recursive: true });
        writeFileSync(join(work, name), text);
      }
      run(work, 'add', '--all');
      run(work, 'commit', '--quiet', '--allow-empty', '--message', message);
      run(work, 'push', '--quiet', 'origin', 'HEAD:main');
      return run(work, 'rev-parse', 'HEAD').trim();
    },
    bury(count) {
      let commit = 'main';
      for (let index = 0; index < count; index += 1)
        commit = git('commit-tree', '-p', commit, '-m', `other ${index}`, 'main^{tree}').trim();
      git('update-ref', 'refs/heads/main', commit);
    },
    show: (name, branch = 'main') => git('show', `${branch}:${name}`),
    messages,
    ofRun: (branch) => messages(branch).filter((message) => message.endsWith(`Runbook-Run: ${runId}`)),
    hook(name, script) {
      mkdirSync(join(path, 'hooks'), { recursive: true });
      writeFileSync(join(path, 'hooks', name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(path, 'hooks', name), 0o755);
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

let template: Remote | undefined;

afterAll(() => template?.remove());

function makeTemplate(): Remote {
  const directory = mkdtempSync(join(tmpdir(), 'git-remote-'));
  const remote = remoteIn(directory);
  run(directory, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main', 'shop.git');
  run(directory, 'init', '--quiet', '--template=', '--initial-branch=main', 'work');
  run(join(directory, 'work'), 'remote', 'add', 'origin', '../shop.git');
  remote.commit('release web 1.4.0', { [file]: manifest(good), 'apps/api/deployment.yaml': 'image: api:1\n' });
  remote.commit('release web 1.5.0', { [file]: manifest(bad) });
  return remote;
}

/** A repository of its own where `good`, then `bad` was released. */
export function createRemote(): Remote {
  template ??= makeTemplate();
  const directory = mkdtempSync(join(tmpdir(), 'git-remote-'));
  cpSync(template.directory, directory, { recursive: true });
  return remoteIn(directory);
}

/** A repository for each test of a file, gone after it. */
export function remoteOfEachTest(): Remote {
  // Many processes of git: on a busy machine each takes its time.
  jest.setTimeout(60_000);
  const remote = {} as Remote;
  beforeEach(() => {
    Object.assign(remote, createRemote());
  });
  afterEach(() => remote.remove());
  return remote;
}

/** The directories that rollbacks in a process have left behind, in the machine's own place for temporary files or another. */
export function leftDirectories(pid = process.pid, place = tmpdir()): string[] {
  return readdirSync(place).filter((name) => name.startsWith(`runbook-git-${hostname()}-${pid}-`));
}

/** The rollback of `bad` to `good` in that repository. */
export function rollbackOf(remote: Pick<Remote, 'path'>, over: Partial<GitRollback> = {}): GitRollback {
  return {
    remote: remote.path,
    branch: 'main',
    file,
    mode: 'revert',
    author: { name: 'Temporal Runbooks', email: 'runbooks@localhost' },
    service: 'web',
    runId,
    from: bad,
    to: good,
    ...over,
  };
}
