import { RunbookError, type ErrorCode } from '../../../core/errors.js';
import type { ProgramEnd } from './run-program.js';

// https://github.com/pgbackrest/pgbackrest/blob/main/src/build/error/error.yaml
const codes: Record<number, ErrorCode> = {
  26: 'BackupCorrupt', // checksum
  27: 'InvalidSettings', // config
  28: 'BackupCorrupt', // file invalid
  31: 'InvalidSettings', // option invalid
  32: 'InvalidSettings', // option invalid value
  37: 'InvalidSettings', // option required
  39: 'SystemUnreachable', // protocol
  40: 'Refused', // path not empty
  41: 'Forbidden', // file open
  46: 'InvalidSettings', // version not supported
  49: 'SystemUnreachable', // host connect
  // Another pgBackRest is at work, perhaps that of a worker that was killed.
  50: 'Conflict',
  56: 'SystemUnreachable', // database connect
  68: 'InvalidSettings', // archive command invalid
  72: 'InvalidSettings', // host invalid
  75: 'BackupCorrupt', // backup set invalid
  80: 'SystemUnreachable', // database missing
  87: 'InvalidSettings', // archiving disabled
  95: 'WrongKey', // crypto
  101: 'SystemUnreachable', // service
  105: 'Forbidden', // access
};

/** What pgBackRest's words mean, where its code says less: it tells S3's answers as errors of the protocol. */
export function codeOfWords(said: string): ErrorCode | undefined {
  if (/No space left on device/i.test(said)) return 'StoreFull';
  // What was decrypted by another key is no text.
  if (/CryptoError|key\/value found outside of section|is or was the repo encrypted/i.test(said)) return 'WrongKey';
  if (/Permission denied|\b403\b|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch/.test(said)) return 'Forbidden';
  if (/invalid checksum|error restoring|ChecksumError/.test(said)) return 'BackupCorrupt';
  return undefined;
}

/** Said instead of its own words, which quote what it has decrypted. */
export const wrongKey = 'expected the repository’s own passphrase (repo1-cipher-pass), found another one, or none';

/** The failure of a command of pgBackRest's that did not end with 0. */
export function failureOf(command: string, stanza: string, { exitCode, said }: ProgramEnd): RunbookError {
  const code = codeOfWords(said) ?? codes[exitCode] ?? 'SourceFailed';
  const where = `pgbackrest ${command} of stanza ${stanza}: exit code ${exitCode}`;
  if (code === 'WrongKey') return new RunbookError(code, `${where}: ${wrongKey}`);
  return new RunbookError(code, `${where}: ${shortenWords(said)}`);
}

/** Its errors and hints, without the requests that it quotes. */
export function shortenWords(said: string): string {
  const text = said.replaceAll(/\*{3} Path\/Query \*{3}[\s\S]*?(?:<Code>(\w+)<[\s\S]*?<\/Error>|$)/g, '$1');
  const begin = text.search(/\b(ERROR|ASSERT): /);
  const lines = (begin === -1 ? text : text.slice(begin)).split('\n').map((line) => line.trim());
  return lines.filter(Boolean).join(' ').slice(0, 800);
}
