import { z } from 'zod';
import { RunbookError } from '../core/errors.js';
import { readTokenText } from './token-file.js';

const AccessKey = z.object({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) });

/** A key pair of S3 and IAM. */
export type AccessKey = z.infer<typeof AccessKey>;

/**
 * Reads a key pair from a token file.
 * @throws RunbookError InvalidSettings.
 */
export async function readAccessKey(directory: string, file: string): Promise<AccessKey> {
  const text = await readTokenText(directory, file);
  try {
    return AccessKey.parse(JSON.parse(text));
  } catch {
    // Neither parser's message is kept: both may quote the file.
    throw new RunbookError(
      'InvalidSettings',
      `token file ${file}: expected {"accessKeyId": "…", "secretAccessKey": "…"}, found something else`,
    );
  }
}
