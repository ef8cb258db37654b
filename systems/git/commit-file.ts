import { RunbookError } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import { runGit, tryGit, type GitRepository } from './command.js';
import { gitFailure, isMoved } from './failures.js';
import { fetchBranch, readFileOf, tip } from './history.js';
import { inRepository, tries, untilPushed, type GitWriter } from './repository.js';

/** A branch that files are read of and committed to. */
export interface GitBranch extends GitWriter {
  branch: string;
}

/** A file as a branch has it; without a blob there is none. */
export interface GitFile {
  path: string;
  text?: string | undefined;
  blob?: string | undefined;
}

/** Reads files of a branch, all of one commit. @throws RunbookError NotFound, Forbidden, SystemUnreachable. */
export async function readFiles(from: GitBranch, paths: readonly string[]): Promise<GitFile[]> {
  return inRepository(from, async (repository) => {
    await fetchTip(repository, from);
    return Promise.all(paths.map((path) => readTip(repository, path)));
  });
}

/**
 * Commits a text in place of a file that was read, where nobody has changed this file since; what else the branch got meanwhile stays. Only
 * ever on top of what is there: nothing is pushed by force.
 * @throws RunbookError Conflict, Forbidden, NotFound, SystemUnreachable.
 */
export async function commitFile(to: GitBranch, file: GitFile, text: string, message: string): Promise<GitFile> {
  return inRepository(to, async (repository) => {
    const blob = (await runGit(repository, ['hash-object', '-w', '--stdin'], text)).trim();
    const written = { path: file.path, text, blob };
    const done = await untilPushed(async () => {
      await fetchTip(repository, to);
      const found = await readTip(repository, file.path);
      // Also where it was pushed, and the answer lost.
      if (found.blob === blob) return written;
      if (found.blob !== file.blob)
        throw conflict(to, file.path, 'it as it was read, found that somebody has changed it');
      const pushed = await pushChange(repository, to, { path: file.path, blob, message });
      if (pushed.exitCode === 0) return written;
      // Whatever else it says: what the remote has now counts, for its answer may have been lost.
      await fetchTip(repository, to);
      if ((await readTip(repository, file.path)).blob === blob) return written;
      if (!isMoved(pushed.stderr)) throw gitFailure('push', pushed.stderr);
      return undefined;
    });
    if (done) return done;
    throw conflict(to, file.path, `to push within ${tries} tries, found that others push all the time`);
  });
}

/**
 * Sees whether it could be pushed: git asks the remote, which answers as far as it can tell beforehand.
 * @throws RunbookError Forbidden, NotFound, SystemUnreachable.
 */
export async function rehearseCommit(to: GitBranch): Promise<void> {
  await inRepository(to, async (repository) => {
    await fetchTip(repository, to);
    const refspec = `${tip}:refs/heads/${to.branch}`;
    await runGit(repository, ['push', '--quiet', '--dry-run', '--', to.remote, refspec]);
  });
}

async function fetchTip(repository: GitRepository, { remote, branch }: GitBranch): Promise<void> {
  await fetchBranch(repository, remote, branch, { depth: 1 });
}

async function readTip(repository: GitRepository, path: string): Promise<GitFile> {
  const { exitCode, stdout } = await tryGit(repository, ['rev-parse', '--verify', '--quiet', `${tip}:${path}`]);
  if (exitCode !== 0) return { path };
  return { path, blob: stdout.trim(), text: await readFileOf(repository, tip, path) };
}

/** No file is checked out or written: one of the repository's links could lead out of it. */
async function pushChange(
  repository: GitRepository,
  { remote, branch }: GitBranch,
  { path, blob, message }: { path: string; blob: string; message: string },
) {
  await runGit(repository, ['read-tree', tip]);
  const [mode = ''] = (await runGit(repository, ['ls-files', '--stage', '--', path])).split(' ');
  await runGit(repository, ['update-index', '--add', '--cacheinfo', `${mode || '100644'},${blob},${path}`]);
  const tree = (await runGit(repository, ['write-tree'])).trim();
  const commit = (await runGit(repository, ['commit-tree', '-p', tip, tree], message)).trim();
  return tryGit(repository, ['push', '--quiet', '--', remote, `${commit}:refs/heads/${branch}`]);
}

function conflict({ remote, branch }: GitBranch, path: string, found: string): RunbookError {
  return new RunbookError('Conflict', `git ${path} on ${branch} of ${redact(remote)}: expected ${found}`);
}
