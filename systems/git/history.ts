import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { runGit, tryGit, type GitRepository } from './command.js';
import { namesImage, searchedText } from './image-reference.js';

/** The branch as it was last fetched. */
export const tip = 'refs/runbook/tip';

/** The branch of this run's own, as it was last fetched. */
export const pushedTip = 'refs/runbook/pushed';

const trailer = 'Runbook-Run';
const depths = [50, 500, 5000] as const;

/** The line of a commit's message that says which run made it. */
export function trailerOf(runId: string): string {
  return `${trailer}: ${runId}`;
}

/**
 * Fetches the newest commits of a branch.
 * @throws RunbookError NotFound, Forbidden, SystemUnreachable.
 */
export async function fetchBranch(
  repository: GitRepository,
  remote: string,
  branch: string,
  { as = tip, depth = depths[0] }: { as?: string; depth?: number } = {},
): Promise<void> {
  const refspec = `+refs/heads/${branch}:${as}`;
  await runGit(repository, ['fetch', '--quiet', '--no-tags', `--depth=${depth}`, '--', remote, refspec]);
}

/** The commit of the fetched branch that this run made, if there is one. */
export async function findOwnCommit(
  repository: GitRepository,
  runId: string,
  branch = tip,
): Promise<string | undefined> {
  const format = `%H %(trailers:key=${trailer},valueonly,separator=%x20)`;
  const log = await runGit(repository, ['log', `--format=${format}`, branch]);
  const own = log.split('\n').find((line) => line.split(' ').slice(1).includes(runId));
  return own?.split(' ')[0];
}

/** A file of a commit; undefined where the commit has none. */
export async function readFileOf(repository: GitRepository, commit: string, file: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryGit(repository, ['cat-file', 'blob', `${commit}:${file}`]);
  return exitCode === 0 ? stdout : undefined;
}

async function readBoundary(repository: GitRepository): Promise<string[]> {
  const path = join(repository.directory, '.git', 'shallow');
  return (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(Boolean);
}

/**
 * The newest commit that brought the image into the file. The history is deepened while it may be older; undefined where no
 * commit of the branch (and no parent of one that merges) brought it in.
 */
export async function findImageCommit(
  repository: GitRepository,
  { remote, branch, file, image }: { remote: string; branch: string; file: string; image: string },
): Promise<string | undefined> {
  for (const depth of depths) {
    if (depth !== depths[0]) await fetchBranch(repository, remote, branch, { depth });
    const boundary = await readBoundary(repository);
    const log = await runGit(repository, ['log', '--format=%H', `-S${searchedText(image)}`, tip, '--', file]);
    // A commit at the boundary seems to bring in everything, for its parents are not here.
    for (const commit of log.split('\n').filter((hash) => hash !== '' && !boundary.includes(hash))) {
      const after = await readFileOf(repository, commit, file);
      const before = await readFileOf(repository, `${commit}^`, file);
      if (after !== undefined && namesImage(after, image) && !(before !== undefined && namesImage(before, image)))
        return commit;
    }
    if (boundary.length === 0) return undefined;
  }
  return undefined;
}
