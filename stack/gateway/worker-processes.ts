import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

const hasProcessFiles = process.platform === 'linux';

/** The worker processes of an nginx master, by pid. */
export async function listWorkers(masterPid: number): Promise<number[]> {
  if (!hasProcessFiles) return listWorkersByPs(masterPid);
  const children = await readFile(`/proc/${masterPid}/task/${masterPid}/children`, 'utf8');
  return children.split(' ').map(Number).filter(Boolean);
}

/**
 * Whether a worker takes no new request any more: it has ended, or has begun its graceful end. nginx writes "shutting down"
 * into its title in the same turn of its loop in which it closes the listening sockets and the idle connections, so
 * a worker that shows it will read no further request; it only answers those it has.
 */
export async function isRetired(pid: number): Promise<boolean> {
  const title = hasProcessFiles ? await readTitle(pid) : await askPs(['-o', 'command=', '-p', String(pid)]);
  return title === '' || title.includes('shutting down');
}

/** The same without /proc, by what ps of every Unix says. */
export async function listWorkersByPs(masterPid: number): Promise<number[]> {
  const lines = (await askPs(['-A', '-o', 'pid=,ppid='])).split('\n').map((line) => line.trim().split(/\s+/));
  return lines.filter(([, parent]) => parent === String(masterPid)).map(([pid]) => Number(pid));
}

async function readTitle(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return '';
    throw error;
  }
}

// It exits with 1 when there is no such process, and then prints nothing, which is the answer.
async function askPs(parameters: string[]): Promise<string> {
  const { stdout } = await execa('ps', parameters, { reject: false, timeout: 5000 });
  return stdout.trim();
}
