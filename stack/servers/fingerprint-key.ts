import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeAtomically } from '../write-file.js';

/** Makes the key by which rotations name a credential without telling it: the token `fingerprint-key`. */
export async function createFingerprintKey(tokens: string): Promise<void> {
  await writeAtomically(join(tokens, 'fingerprint-key'), `${randomBytes(32).toString('hex')}\n`, 0o600);
}
