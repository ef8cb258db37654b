import { messageOf, RunbookError, type ErrorCode } from '../../core/errors.js';
import { redact } from '../../core/redact.js';
import type { Connection } from './connect.js';

/** What the SDK throws for an answer: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
interface SdkError {
  name?: unknown;
  $metadata?: { httpStatusCode?: number };
}

const full = /^(QuotaExceeded|XMinioStorageFull|XMinioAdminBucketQuotaExceeded|InsufficientCapacity|StorageFull)$/;
const fullInWords = /ENOSPC|EDQUOT|no space left|disk quota|storage.{0,20}\bfull\b/i;
// Broken on the way, or a clock that the SDK corrects from the answer: right the next time.
const transient =
  /^(BadDigest|XAmzContentSHA256Mismatch|InvalidDigest|IncompleteBody|RequestTimeout|RequestTimeTooSkewed|SlowDown)$/;
// By name, for versitygw answers an unknown key with 404 XAdminUserNotFound.
const refusedKey =
  /^(XAdminUserNotFound|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken)$/;

function codeOf(error: unknown): ErrorCode {
  const { name, $metadata } = error as SdkError;
  const named = typeof name === 'string' ? name : '';
  const status = $metadata?.httpStatusCode ?? 0;
  // Before 403, which is what some stores answer when a quota is used up.
  if (status === 507 || full.test(named) || fullInWords.test(messageOf(error))) return 'StoreFull';
  if (transient.test(named)) return 'StoreUnreachable';
  if (status === 401 || status === 403 || refusedKey.test(named)) return 'Forbidden';
  if (status === 404) return 'NotFound';
  if (status === 409 || status === 412) return 'Conflict';
  if (status >= 300 && status < 500 && status !== 408 && status !== 429) return 'Refused';
  // A mistake of this program, not of the store.
  if (error instanceof TypeError || error instanceof RangeError) return 'Unexpected';
  return 'StoreUnreachable';
}

const next: Partial<Record<ErrorCode, string>> = {
  Forbidden: 'check the credentials and what they may do',
  StoreFull: 'make room, or raise the quota',
  StoreUnreachable: 'check the endpoint and the network',
};

/** The SDK's own answer to an unsupported header or call. */
export function isNotImplemented(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as SdkError;
  return name === 'NotImplemented' || $metadata?.httpStatusCode === 501;
}

/** Turns what a call has thrown into one of our failures. Has no cause: the SDK's error holds headers with the access key. */
export function storeFailure(connection: Connection, what: string, error: unknown): RunbookError {
  if (error instanceof RunbookError) return error;
  const code = codeOf(error);
  const { name, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const said = connection.secrets.reduce((text, secret) => text.replaceAll(secret, '•••'), messageOf(error));
  const found = [status, typeof name === 'string' && name !== 'Error' ? name : undefined, redact(said).slice(0, 300)];
  const hint = next[code];
  return new RunbookError(
    code,
    `${connection.where}: ${what}: expected success, found ${found.filter(Boolean).join(' ')}${hint ? `; ${hint}` : ''}`,
  );
}
