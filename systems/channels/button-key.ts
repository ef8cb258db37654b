import { RunbookError } from '../../core/errors.js';
import { readToken } from '../token-file.js';

/** Shorter ones could be guessed. */
const shortest = 32;

/**
 * The key that buttons are made and read with: the same for worker and API.
 * @throws RunbookError InvalidSettings.
 */
export async function readButtonKey(tokens: string, file: string): Promise<string> {
  const key = await readToken(tokens, file);
  if (key.length >= shortest) return key;
  throw new RunbookError(
    'InvalidSettings',
    `token file ${file}: expected a key of buttons with ${shortest} characters or more, found ${key.length}`,
  );
}
