import { dirname } from 'node:path';
import { RunbookError } from '../../core/errors.js';
import { runGit, tryGit, type GitRepository } from './command.js';
import { findImageCommit, readFileOf, tip } from './history.js';
import { namesImage, replaceImage } from './image-reference.js';

/** What is taken back in which file. */
export interface ImageChange {
  remote: string;
  branch: string;
  file: string;
  /** The image that is taken back. */
  from: string;
  /** The image from before. */
  to: string;
}

/** Why a commit cannot be reverted as a whole, or undefined when it was: then the index and the files hold the revert. */
async function revertCommit(
  repository: GitRepository,
  commit: string,
  change: ImageChange,
): Promise<string | undefined> {
  const short = commit.slice(0, 10);
  const listed = await runGit(repository, ['diff-tree', '-r', '-z', '--root', '--no-commit-id', '--name-only', commit]);
  const folder = dirname(change.file);
  // A repository of many services has one folder each: what lies elsewhere is not of this release.
  const foreign = listed.split('\0').filter((path) => path !== '' && folder !== '.' && !path.startsWith(`${folder}/`));
  if (foreign.length > 0) return `commit ${short} changed ${foreign[0]} as well, outside of ${folder}`;
  const { exitCode } = await tryGit(repository, ['revert', '--no-commit', '--no-edit', commit]);
  const text = exitCode === 0 ? await readFileOf(repository, '', change.file) : undefined;
  if (text !== undefined && namesImage(text, change.to) && !namesImage(text, change.from)) return undefined;
  // Not the tip: it may have moved while the history was deepened, and what was read of the file would undo the newer.
  await runGit(repository, ['reset', '--quiet', '--hard', 'HEAD']);
  return exitCode === 0
    ? `before commit ${short} the file had another image`
    : `commit ${short} cannot be reverted, for the same lines were changed since`;
}

/** Sets nothing but the image, in the index. No file is written: one of the repository's links could lead out of it. */
async function setImage(repository: GitRepository, change: ImageChange, text: string): Promise<void> {
  const replaced = replaceImage(text, change.from, change.to);
  // Bytes that are not UTF-8 were lost when the text was read.
  if (replaced === undefined || !namesImage(replaced, change.to) || text.includes('\uFFFD'))
    throw new RunbookError(
      'Refused',
      `git ${change.file} on ${change.branch}: expected ${change.from} in one place that can be replaced, found several or another form; set ${change.to} by hand`,
    );
  const [mode = '100644'] = (await runGit(repository, ['ls-files', '--stage', '--', change.file])).split(' ');
  const blob = (await runGit(repository, ['hash-object', '-w', '--stdin'], replaced)).trim();
  await runGit(repository, ['update-index', '--cacheinfo', `${mode},${blob},${change.file}`]);
}

/**
 * Makes the files and the index of the checkout what they shall be, and gives the message's middle: which commit was reverted,
 * or why only the image was replaced.
 * @throws RunbookError Refused where it is not clear what to replace.
 */
export async function takeBack(repository: GitRepository, change: ImageChange, text: string): Promise<string> {
  await runGit(repository, ['checkout', '--quiet', '--force', '--detach', tip]);
  const commit = await findImageCommit(repository, { ...change, image: change.from });
  const reason = commit
    ? await revertCommit(repository, commit, change)
    : `no commit of ${change.branch} was found that brought ${change.from} in`;
  if (commit !== undefined && reason === undefined) return `This reverts commit ${commit}.`;
  await setImage(repository, change, text);
  return `Only the image is replaced: ${reason ?? ''}.`;
}
