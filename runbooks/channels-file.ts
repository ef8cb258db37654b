import { readFile } from 'node:fs/promises';
import { messageOf, RunbookError } from '../core/errors.js';
import type { Channels } from './channels.js';
import { parseChannels } from './index.js';

/**
 * Reads where people are told, once.
 * @throws RunbookError InvalidSettings, InvalidRunbook with every problem of the file.
 */
export async function readChannelsFile(file: string): Promise<Channels> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new RunbookError(
      'InvalidSettings',
      `RUNBOOK_CHANNELS: expected a file of channels, found ${messageOf(error)}`,
    );
  });
  return parseChannels(text, file);
}
