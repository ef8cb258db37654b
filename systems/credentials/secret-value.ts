import { createHmac, randomBytes } from 'node:crypto';
import { RunbookError } from '../../core/errors.js';
import { readToken } from '../token-file.js';

/** One version of a credential. It lives in the memory of one activity and in the store, and nowhere else. */
export interface SecretValue {
  /** Who or which: a database's user, an access key's id, a certificate's number. */
  user: string;
  password: string;
  /** What else belongs to it, under the names that it has in the store: a certificate beside its key. */
  beside?: Record<string, string>;
}

const shortestKey = 32;

/** The key of fingerprints. @throws RunbookError InvalidSettings. */
export async function readFingerprintKey(tokens: string, file: string): Promise<string> {
  const key = await readToken(tokens, file);
  if (key.length >= shortestKey) return key;
  throw new RunbookError(
    'InvalidSettings',
    `token file ${file}: expected ${shortestKey} characters or more, found ${key.length}; make one by "openssl rand -hex 32"`,
  );
}

/** Names a value without telling it: whoever has not the key cannot even try guesses. */
export function fingerprintOf(key: string, { user, password }: SecretValue): string {
  return createHmac('sha256', key).update(`${user}\0${password}`).digest('hex').slice(0, 12);
}

/** What a consumer answers that uses this value: tells nothing to whoever has not the value. */
export function answerTo(nonce: string, { password }: SecretValue): string {
  return createHmac('sha256', password).update(nonce).digest('hex');
}

/** 192 random bits, in characters that need no quotes in a shell, a URL or YAML. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** A version without anything else that an object may have. */
export function versionOf({ user, password, beside }: SecretValue): SecretValue {
  return { user, password, ...(beside && { beside }) };
}

/** Whether two versions are the same. */
export function isSame(one: SecretValue | undefined, other: SecretValue | undefined): boolean {
  return one !== undefined && one.user === other?.user && one.password === other.password;
}
