import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { messageOf } from '../../../../core/errors.js';
import type { Trial } from '../../../../core/credential.js';
import type { SecretValue } from '../../secret-value.js';
import { clientOptions, nameOf, type AwsPlace } from '../../../aws-client.js';

/** A bucket that a key must be able to list. */
export interface Check {
  endpoint?: string | undefined;
  bucket: string;
}

/** What came of a signed call, and what it has shown. */
export interface Called {
  trial: Trial;
  /** Who the service says the caller is. */
  arn?: string;
}

/**
 * XAdminUserNotFound is versitygw's own.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
const refused =
  /^(InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|XAdminUserNotFound)$/;
// With the same code a service refuses a clock that is wrong: that says nothing of the key.
const wrongClock = /expired|not yet current|too skewed/i;

/** Access denied is no refusal of the key: who it belongs to was known, and what it may do is another matter. */
function trialOf(error: unknown): Trial {
  return refused.test(nameOf(error)) && !wrongClock.test(messageOf(error)) ? 'refused' : 'unknown';
}

/** Signs a call with a key: of the bucket where one is named, else the one that nobody can be forbidden. */
export async function callWith(
  { user: accessKeyId, password: secretAccessKey }: SecretValue,
  place: AwsPlace,
  check: Check | undefined,
): Promise<Called> {
  const options = (endpoint: string | undefined) =>
    clientOptions({ region: place.region, endpoint }, { accessKeyId, secretAccessKey });
  const client = check
    ? new S3Client({ ...options(check.endpoint), forcePathStyle: check.endpoint !== undefined })
    : new STSClient(options(place.endpoint));
  try {
    if (client instanceof STSClient) {
      const { Arn } = await client.send(new GetCallerIdentityCommand({}));
      return { trial: 'works', ...(Arn !== undefined && { arn: Arn }) };
    }
    await client.send(new ListObjectsV2Command({ Bucket: check?.bucket, MaxKeys: 1 }));
    return { trial: 'works' };
  } catch (error) {
    return { trial: trialOf(error) };
  } finally {
    client.destroy();
  }
}
