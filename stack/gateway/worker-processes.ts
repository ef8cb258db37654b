import { readFile } from 'node:fs/promises';

/** The worker processes of an nginx master, by pid. */
export async function listWorkers(masterPid: number): Promise<number[]> {
  const children = await readFile(`/proc/${masterPid}/task/${masterPid}/children`, 'utf8');
  return children.split(' ').map(Number).filter(Boolean);
}

/**
 * Whether a worker takes no new request any more: it has ended, or has begun its graceful end. nginx writes "shutting down"
 * into its title in the same turn of its loop in which it closes the listening sockets and the idle connections, so
 * a worker that shows it will read no further request; it only answers those it has.
 */
export async function isRetired(pid: number): Promise<boolean> {
  try {
    const title = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return title === '' || title.includes('shutting down');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
      return true;
    throw error;
  }
}
