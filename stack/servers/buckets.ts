import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';

/** What a store's token file holds. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A bucket that keeps versions. */
export interface Bucket {
  name: string;
  /** Whether objects in it can be locked. */
  locks: boolean;
}

/** A client of one of the stack's stores. */
export function connectS3(endpoint: string, credentials: Credentials): S3Client {
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
}

/** Creates buckets in an empty store. */
export async function createBuckets(endpoint: string, credentials: Credentials, buckets: Bucket[]): Promise<void> {
  const client = connectS3(endpoint, credentials);
  try {
    for (const { name: Bucket, locks } of buckets) {
      await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: locks }));
      // Object lock brings versions with it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
      if (!locks)
        await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    }
  } finally {
    client.destroy();
  }
}
