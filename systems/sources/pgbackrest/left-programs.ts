import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../../core/errors.js';

const lookMs = 100;
const mostSeconds = 60;

const names = new Set(['pgbackrest', 'pg_checksums']);

/**
 * Ends what a worker that was killed has left at work in a run's own folder, and waits until it has ended: it would go on writing while
 * another one begins anew.
 * @throws RunbookError ReadBackFailed.
 */
export async function endLeftPrograms(folder: string): Promise<void> {
  const until = Date.now() + mostSeconds * 1000;
  for (;;) {
    const left = await findPrograms(folder);
    if (left.length === 0) return;
    if (Date.now() > until)
      throw new RunbookError('ReadBackFailed', `folder ${folder}: expected nobody at work in it, found ${left.join()}`);
    for (const pid of left) endProgram(pid);
    await sleep(lookMs);
  }
}

async function findPrograms(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    // One that has ended meanwhile has none.
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...parameters] = line.split('\0');
    if (names.has(basename(program)) && parameters.some((each) => each.includes(`${folder}/`))) found.push(Number(pid));
  }
  return found;
}

function endProgram(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ESRCH') throw error;
  }
}
