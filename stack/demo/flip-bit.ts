import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { StackEnvironment } from '../index.js';
import { StackError } from '../stack-error.js';
import { connectBackupStore } from './backup-store.js';

const Bucket = 'backups';

/** One bit of one object of a backup that is not what it was. */
export interface FlippedBit {
  key: string;
  /** Of the object, and where in it. */
  bytes: number;
  at: number;
  /** Makes it whole again. */
  putBack(): Promise<void>;
}

/** Flips one bit in the middle of a backup's largest object, as a disk or a cable might: by a version of it that takes its place. */
export async function flipBit(environment: StackEnvironment, folder: string): Promise<FlippedBit> {
  const client = await connectBackupStore(environment);
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: folder }));
  const [largest] = Contents.sort((one, other) => (other.Size ?? 0) - (one.Size ?? 0));
  const Key = largest?.Key;
  if (Key === undefined) throw new StackError(`${Bucket}/${folder}: expected the objects of a backup, found none`);
  const body = await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray();
  if (!body) throw new StackError(`${Bucket}/${Key}: expected an object with content, found none`);
  const at = Math.floor(body.length / 2);
  body[at] = (body[at] ?? 0) ^ 1;
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body: body }));
  return {
    key: Key,
    bytes: body.length,
    at,
    async putBack() {
      // The version before it is the newest one again.
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      client.destroy();
    },
  };
}
