import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifySelf, isAlive, readIdentity } from './process-identity.js';
import { StackError } from './stack-error.js';

const breakerLifeMilliseconds = 10_000;

/** Runs `work` while this process alone holds the lock file; a lock whose owner died is taken over. */
export async function withLock<T>(file: string, waitSeconds: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitSeconds * 1000;
  while (!(await tryLock(file))) {
    if (Date.now() > deadline) {
      throw new StackError(
        `${file}: held by process ${readIdentity(file)} for more than ${waitSeconds} s; end that process and try again`,
      );
    }
    await sleep(30);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  const claim = `${file}.${randomUUID()}`;
  await writeFile(claim, identifySelf());
  try {
    // A link appears together with its content, so nobody ever reads a lock that names no owner.
    await link(claim, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await breakStaleLock(file);
    return false;
  } finally {
    await rm(claim, { force: true });
  }
}

// Only one process at a time may remove a dead owner's lock, and it looks again first: otherwise two would, and the slower one
// would remove the lock that the faster one has just taken.
async function breakStaleLock(file: string): Promise<void> {
  const owner = readIdentity(file);
  if (owner === '' || isAlive(owner)) return;
  const breaker = `${file}.breaker`;
  try {
    await (await open(breaker, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const age =
      Date.now() -
      (await stat(breaker)
        .then((found) => found.mtimeMs)
        .catch(() => Date.now()));
    if (age > breakerLifeMilliseconds) await rm(breaker, { force: true });
    return;
  }
  try {
    if (readIdentity(file) === owner) await rm(file, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}
