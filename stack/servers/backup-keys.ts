import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { findExecutable } from '../binaries/find-executable.js';
import type { StackLayout } from '../layout.js';
import { StackError } from '../stack-error.js';
import type { StackEnvironment } from '../state.js';
import { writeAtomically } from '../write-file.js';

/** Makes the keys of backups: one to sign with, one to decrypt with here, and one to decrypt with whose identity is kept elsewhere. */
export async function createBackupKeys(
  layout: StackLayout,
): Promise<Pick<StackEnvironment, 'BACKUP_RECIPIENT' | 'BACKUP_OFFLINE_RECIPIENT'>> {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeAtomically(join(layout.tokens, 'backup-signing-key'), privateKey, 0o600);
  // Not here without root and without the package: then there is nothing to encrypt with either.
  if (findExecutable('age-keygen') === undefined) return { BACKUP_RECIPIENT: '', BACKUP_OFFLINE_RECIPIENT: '' };
  const [recipient, offline] = await Promise.all([
    createIdentity(join(layout.tokens, 'backup-identity')),
    createIdentity(join(layout.offline, 'identity')),
  ]);
  return { BACKUP_RECIPIENT: recipient, BACKUP_OFFLINE_RECIPIENT: offline };
}

async function createIdentity(file: string): Promise<string> {
  const { stdout } = await execa('age-keygen', [], { timeout: 30_000 });
  const recipient = /^# public key: (age1\w+)$/m.exec(stdout)?.[1];
  if (recipient === undefined)
    throw new StackError('age-keygen: expected a line "# public key: age1…", found none; install age 1.0 or newer');
  await writeAtomically(file, `${stdout}\n`, 0o600);
  return recipient;
}
