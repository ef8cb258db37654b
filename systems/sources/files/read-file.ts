import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import { RunbookError } from '../../../core/errors.js';
import { modifiedAt, orFailure, type FoundFile } from './walk.js';

const chunkBytes = 256 * 1024;

/**
 * The bytes of a file, exactly as many as were found, and at the end their hash.
 * @throws RunbookError SourceFailed naming a file that has changed since it was found, or changes while it is read.
 */
export async function* readFile({ path, stats }: FoundFile): AsyncGenerator<Buffer, string, void> {
  const file = await orFailure(path, open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  const hash = createHash('sha256');
  try {
    compare(path, stats, await file.stat({ bigint: true }));
    for (let left = Number(stats.size); left > 0;) {
      const chunk = Buffer.allocUnsafe(Math.min(left, chunkBytes));
      const { bytesRead } = await orFailure(path, file.read(chunk, 0, chunk.length, null));
      if (bytesRead === 0) throw changed(path, `${stats.size} bytes`, `${Number(stats.size) - left}`);
      const read = chunk.subarray(0, bytesRead);
      hash.update(read);
      left -= bytesRead;
      yield read;
    }
    compare(path, stats, await file.stat({ bigint: true }));
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

function compare(path: string, before: BigIntStats, now: BigIntStats): void {
  if (now.ino !== before.ino || now.dev !== before.dev) throw changed(path, 'one file all the while', 'another one');
  if (now.size !== before.size) throw changed(path, `${before.size} bytes`, `${now.size}`);
  if (now.mtimeNs !== before.mtimeNs)
    throw changed(path, `it as of ${modifiedAt(before)}`, `it changed at ${modifiedAt(now)}`);
}

function changed(path: string, wanted: string, found: string): RunbookError {
  const next = 'back up a copy that nobody writes to, or try again';
  return new RunbookError(
    'SourceFailed',
    `file ${JSON.stringify(path)}: expected ${wanted}, found ${found}: it was written while it was read; ${next}`,
  );
}
