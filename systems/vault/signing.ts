import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RunbookError } from '../../core/errors.js';
import { findTokenFile } from '../token-file.js';

/** The pair that manifests are signed with. */
export interface SigningKey {
  privateKey: KeyObject;
  /** SPKI as PEM: what a reader is given, by another way than the store. */
  publicKey: string;
}

/**
 * Reads an ed25519 key, PKCS8 as PEM, from the token directory: `openssl genpkey -algorithm ed25519`.
 * @throws RunbookError InvalidSettings.
 */
export async function readSigningKey(tokenDirectory: string, file: string): Promise<SigningKey> {
  const path = await findTokenFile(tokenDirectory, file);
  let privateKey: KeyObject | undefined;
  try {
    privateKey = createPrivateKey(await readFile(path, 'utf8'));
  } catch {
    // Refused below; the parser's message may quote the key.
  }
  if (privateKey?.asymmetricKeyType !== 'ed25519')
    throw new RunbookError(
      'InvalidSettings',
      `signing key ${file}: expected an ed25519 private key as PEM, found something else; openssl genpkey -algorithm ed25519`,
    );
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { privateKey, publicKey };
}

/** The signature, as base64. The same text and key always give the same one: https://www.rfc-editor.org/rfc/rfc8032 */
export function signText(text: Buffer, { privateKey }: SigningKey): string {
  return sign(null, text, privateKey).toString('base64');
}

/** Whether the signature is by the owner of the public key (SPKI as PEM), for exactly this text. */
export function isSignedBy(text: Buffer, signature: string, publicKey: string): boolean {
  return verify(null, text, createPublicKey(publicKey), Buffer.from(signature.trim(), 'base64'));
}
