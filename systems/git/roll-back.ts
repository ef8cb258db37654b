import { RunbookError } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import { runGit, tryGit, type GitRepository } from './command.js';
import { gitFailure, isMoved } from './failures.js';
import { fetchBranch, findOwnCommit, pushedTip, readFileOf, tip, trailerOf } from './history.js';
import { namesImage } from './image-reference.js';
import { inRepository, tries, untilPushed, type GitWriter } from './repository.js';
import { takeBack, type ImageChange } from './take-back.js';

/** A rollback in a repository. `runId` is its key: a run makes one commit, however often it is tried. */
export interface GitRollback extends ImageChange, GitWriter {
  mode: 'revert' | 'pullRequest';
  service: string;
  runId: string;
  /** A rollback that is itself taken back: what it has pushed for people to merge is removed, so that nobody does. */
  withdraws?: string | undefined;
}

/** The branch that is pushed to. */
function pushedBranch({
  mode,
  branch,
  service,
  runId,
}: Pick<GitRollback, 'mode' | 'branch' | 'service' | 'runId'>): string {
  return mode === 'revert' ? branch : `runbooks/rollback-${service}-${runId}`;
}

/** Where a branch of the remote stands. One that is not there is no failure: exit code 2, https://git-scm.com/docs/git-ls-remote */
async function findTip(repository: GitRepository, remote: string, branch: string): Promise<string | undefined> {
  const asked = ['ls-remote', '--exit-code', '--', remote, `refs/heads/${branch}`];
  const { exitCode, stdout, stderr } = await tryGit(repository, asked);
  if (exitCode === 2) return undefined;
  if (exitCode !== 0) throw gitFailure('ls-remote', stderr);
  return stdout.split(/\s/)[0];
}

/** This run's commit on the branch that it pushes to, fetched anew; undefined where there is none. */
async function findPushed(repository: GitRepository, rollback: GitRollback): Promise<string | undefined> {
  const { remote, branch, mode, runId } = rollback;
  if (mode === 'revert') {
    await fetchBranch(repository, remote, branch);
    return findOwnCommit(repository, runId);
  }
  const target = pushedBranch(rollback);
  if (!(await findTip(repository, remote, target))) return undefined;
  await fetchBranch(repository, remote, target, { as: pushedTip });
  return findOwnCommit(repository, runId, pushedTip);
}

/** Commits what is in the index. The message says which run, and how. */
async function commit(repository: GitRepository, rollback: GitRollback, how: string): Promise<void> {
  const { service, to, from, file, runId } = rollback;
  const message = `Roll back ${service} to ${to}\n\n${file}: ${from} is taken back.\n${how}\n\n${trailerOf(runId)}\n`;
  await runGit(repository, ['commit', '--quiet', '--cleanup=verbatim', '--file=-'], message);
}

/** One try from what the remote has now; undefined when it moved meanwhile. */
async function tryRollback(repository: GitRepository, rollback: GitRollback): Promise<string | undefined> {
  const { remote, branch, file, from, to, runId } = rollback;
  const target = pushedBranch(rollback);
  const said = (where: string, commitHash: string) =>
    `${file} on ${where} names ${to}: commit ${commitHash.slice(0, 10)}`;
  const own = await findPushed(repository, rollback);
  if (own !== undefined) return said(target, own);
  if (rollback.mode === 'pullRequest') {
    await fetchBranch(repository, remote, branch);
    const merged = await findOwnCommit(repository, runId);
    if (merged !== undefined) return said(branch, merged);
  }
  const text = await readFileOf(repository, tip, file);
  if (text === undefined)
    throw new RunbookError('NotFound', `git ${file} on ${branch}: expected a file, found none; check git.file`);
  if (!namesImage(text, from)) {
    if (namesImage(text, to)) return `${file} on ${branch} names ${to} already`;
    throw new RunbookError(
      'Refused',
      `git ${file} on ${branch}: expected ${from} or ${to}, found neither; somebody has changed it: set the image by hand`,
    );
  }
  const how = await takeBack(repository, rollback, text);
  await commit(repository, rollback, how);
  const pushed = await tryGit(repository, ['push', '--quiet', '--', remote, `HEAD:refs/heads/${target}`]);
  // What the remote has now counts, not what the push said: its answer may have been lost.
  const found = await findPushed(repository, rollback);
  if (found !== undefined) return `${said(target, found)}. ${how}`;
  if (pushed.exitCode !== 0 && !isMoved(pushed.stderr)) throw gitFailure('push', pushed.stderr);
  return undefined;
}

/**
 * Removes the branch that an earlier rollback has pushed for people to merge; answers what became of it. Somebody's own commits on it are
 * kept, and so is it: a push that names where the branch must stand is refused when it has moved.
 */
async function withdraw(
  repository: GitRepository,
  rollback: GitRollback,
  earlier: string,
): Promise<string | undefined> {
  const { remote } = rollback;
  const target = pushedBranch({ ...rollback, runId: earlier });
  const found = await findTip(repository, remote, target);
  if (found === undefined) return undefined;
  await fetchBranch(repository, remote, target, { as: pushedTip });
  if ((await findOwnCommit(repository, earlier, pushedTip)) !== found)
    return `branch ${target} is left: somebody has committed to it; see that nobody merges it`;
  const lease = `--force-with-lease=refs/heads/${target}:${found}`;
  const pushed = await tryGit(repository, ['push', '--quiet', lease, '--', remote, `:refs/heads/${target}`]);
  // Its answer may have been lost.
  if ((await findTip(repository, remote, target)) === undefined) return `branch ${target} is removed`;
  throw gitFailure('push', pushed.stderr);
}

/**
 * Sets an image back in a Git repository by a commit, on the branch or on one of its own for people to merge, and reads it back
 * from the remote. A second time changes nothing; a branch that moved is fetched again.
 * @throws RunbookError Conflict (the branch keeps moving), Refused (a person has to decide), Forbidden, NotFound,
 * SystemUnreachable.
 */
export async function rollBackInGit(rollback: GitRollback): Promise<string> {
  return inRepository(rollback, async (repository) => {
    const { mode, withdraws } = rollback;
    const withdrawn =
      mode === 'pullRequest' && withdraws !== undefined && (await withdraw(repository, rollback, withdraws));
    const done = await untilPushed(() => tryRollback(repository, rollback));
    if (done !== undefined) return withdrawn ? `${done}; ${withdrawn}` : done;
    throw new RunbookError(
      'Conflict',
      `git ${pushedBranch(rollback)} of ${redact(rollback.remote)}: expected to push within ${tries} tries, found that others push all the time`,
    );
  });
}
