import { readFile, stat } from 'node:fs/promises';
import { messageOf, RunbookError } from '../core/errors.js';
import type { Access } from './access.js';
import { parseAccess } from './index.js';
import { InvalidRunbook } from './problems.js';

/**
 * Reads an access file whenever it has changed: who was taken out of it may nothing more from then on, and what is wrong in it lets
 * nobody in.
 * @throws RunbookError InvalidSettings, when asked.
 */
export function readAccessFile(file: string): () => Promise<Access> {
  let known: { mark: string; access: Access } | undefined;
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const mark = `${ino}:${size}:${mtimeMs}`;
      if (known?.mark !== mark) known = { mark, access: parseAccess(await readFile(file, 'utf8'), file) };
      return known.access;
    } catch (error) {
      const found =
        error instanceof InvalidRunbook
          ? error.message
          : `${file}: expected a readable access file, found ${messageOf(error)}; see RUNBOOK_ACCESS`;
      throw new RunbookError('InvalidSettings', found, { cause: error });
    }
  };
}
