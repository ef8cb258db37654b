import { setTimeout as sleep } from 'node:timers/promises';
import { runGit, type GitRepository } from './command.js';
import { credentialEnvironment, type GitToken } from './credentials.js';
import { inTemporaryDirectory } from './temporary-directory.js';

/** As whom a remote is written to. */
export interface GitWriter {
  remote: string;
  author: { name: string; email: string };
  token?: GitToken | undefined;
}

/** How often a push is tried while others push. */
export const tries = 6;
const pauseMs = 150;

/** Lends an empty repository that commits as this author. */
export async function inRepository<T>(
  { remote, author: { name, email }, token }: GitWriter,
  work: (repository: GitRepository) => Promise<T>,
): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    const environment = {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_LITERAL_PATHSPECS: '1',
      ...credentialEnvironment(remote, token),
    };
    const repository = { directory, environment };
    await runGit(repository, ['init', '--quiet']);
    return work(repository);
  });
}

/** Tries to push until it is done; undefined when others have pushed all the time. */
export async function untilPushed<T>(attempt: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let times = 1; times <= tries; times += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
    // Of two that push at once, one waits longer.
    await sleep(pauseMs * times * (0.5 + Math.random()));
  }
  return undefined;
}
