import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, RunbookError } from '../../../core/errors.js';
import { ApiFailure } from '../failures.js';

const attempts = 5;

/**
 * Reads and writes again when somebody else changed the object in between (HTTP 409), five times at most.
 * @throws what the last attempt threw.
 */
export async function repeatOnConflict(readAndWrite: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await readAndWrite();
      return;
    } catch (error) {
      if (!(error instanceof ApiFailure && error.status === 409) || attempt === attempts) throw error;
      // Whoever else writes in a loop would win every race against one that does not wait.
      await sleep(10 * attempt);
    }
  }
}

/** A failure that may be over at the next look; any other is thrown. */
function passing(error: unknown): RunbookError {
  if (error instanceof RunbookError && errorTable[error.code].retry) return error;
  throw error;
}

/**
 * Looks until what was asked for is there. A look answers undefined then, else what it found instead; one that gets no answer
 * is repeated, for what was written may be there all the same.
 * @throws RunbookError ReadBackFailed with the last thing found, or the failure of the last look.
 */
export async function confirm(withinMs: number, look: () => Promise<string | undefined>, pollMs = 50): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look().catch(passing);
    if (found === undefined) return;
    if (Date.now() > end) throw typeof found === 'string' ? new RunbookError('ReadBackFailed', found) : found;
    await sleep(pollMs);
  }
}
