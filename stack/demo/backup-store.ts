import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { StackEnvironment } from '../index.js';
import { connectS3, type Credentials } from '../servers/buckets.js';

/** A client of the stack's first store, as whoever backs up reaches it. */
export async function connectBackupStore(environment: StackEnvironment): Promise<S3Client> {
  const text = await readFile(join(environment.RUNBOOK_TOKEN_DIRECTORY, 'backup-store'), 'utf8');
  return connectS3(environment.S3_URL, JSON.parse(text) as Credentials);
}
