import { expect, test } from '@jest/globals';
import { RunbookError } from '../../../core/errors.js';
import type { Connection } from '../../../systems/objects/connect.js';
import { storeFailure } from '../../../systems/objects/failures.js';

// Only what a failure is made of.
const connection = { where: 'store s3/nightly', secrets: ['very-secret', 'ACCESSKEY'] } as unknown as Connection;
const answer = (status: number, name: string, message = 'words') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });

test.each([
  ['403 AccessDenied', answer(403, 'AccessDenied'), 'Forbidden'],
  ['401', answer(401, 'Unauthorized'), 'Forbidden'],
  ['a key that versitygw does not know', answer(404, 'XAdminUserNotFound'), 'Forbidden'],
  ['404', answer(404, 'NoSuchKey'), 'NotFound'],
  ['412', answer(412, 'PreconditionFailed'), 'Conflict'],
  ['409', answer(409, 'ConditionalRequestConflict'), 'Conflict'],
  ['507', answer(507, 'InsufficientStorage'), 'StoreFull'],
  ['a quota, which versitygw answers with 403', answer(403, 'QuotaExceeded'), 'StoreFull'],
  ['a full MinIO', answer(507, 'XMinioStorageFull'), 'StoreFull'],
  ['a full disk in words', answer(500, 'InternalError', 'write: no space left on device'), 'StoreFull'],
  ['500', answer(500, 'InternalError'), 'StoreUnreachable'],
  ['503', answer(503, 'SlowDown'), 'StoreUnreachable'],
  ['429', answer(429, 'TooManyRequests'), 'StoreUnreachable'],
  ['bytes that changed on the way', answer(400, 'BadDigest'), 'StoreUnreachable'],
  ['a clock that is wrong', answer(403, 'RequestTimeTooSkewed'), 'StoreUnreachable'],
  ['another 400', answer(400, 'InvalidBucketName'), 'Refused'],
  ['nobody listens', Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'StoreUnreachable'],
  ['a mistake of ours', new TypeError('not a function'), 'Unexpected'],
  ['silence', new Error('no answer for 30 s'), 'StoreUnreachable'],
])('%s', (_, error, code) => {
  expect(storeFailure(connection, 'put "a"', error).code).toBe(code);
});

test('a failure names bucket and call, holds no credential, and no SDK error as its cause', () => {
  const said = answer(403, 'SignatureDoesNotMatch', 'ACCESSKEY very-secret does not match');
  const failure = storeFailure(connection, 'put "a"', said);
  expect(failure.message).toMatch(/^store s3\/nightly: put "a": expected success, found 403 SignatureDoesNotMatch /);
  expect(failure.message).not.toMatch(/ACCESSKEY|very-secret/);
  expect(failure.cause).toBeUndefined();
  const ours = new RunbookError('Conflict', 'as it is');
  expect(storeFailure(connection, 'put', ours)).toBe(ours);
});
