import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { bounded, callSeconds, tryOften } from './attempts.js';
import type { Connection } from './connect.js';

/** The objects whose keys begin so. See `ObjectStore.list`. */
export async function* listObjects(connection: Connection, prefix: string) {
  for await (const page of pages(connection, { Prefix: prefix }))
    for (const { Key, Size, LastModified, ETag } of page.Contents ?? [])
      yield {
        key: decodeKey(page.EncodingType, Key ?? ''),
        bytes: Size ?? 0,
        modifiedAt: LastModified ?? new Date(0),
        etag: ETag ?? '',
      };
}

/** The folders directly below. See `ObjectStore.listFolders`. */
export async function* listFolders(connection: Connection, prefix: string) {
  for await (const page of pages(connection, { Prefix: prefix, Delimiter: '/' }))
    for (const { Prefix } of page.CommonPrefixes ?? []) yield decodeKey(page.EncodingType, Prefix ?? '');
}

async function* pages(
  connection: Connection,
  below: { Prefix: string; Delimiter?: string },
): AsyncGenerator<ListObjectsV2CommandOutput, void, void> {
  let token: string | undefined;
  do {
    const page = await tryOften(connection, `list ${JSON.stringify(below.Prefix)}`, undefined, async () => {
      const command = new ListObjectsV2Command({
        Bucket: connection.bucket,
        ...below,
        // Keys may hold what XML cannot say.
        EncodingType: 'url',
        ...(token !== undefined && { ContinuationToken: token }),
      });
      const answer = await bounded(callSeconds, undefined, (abortSignal) =>
        connection.client.send(command, { abortSignal }),
      );
      if (answer.IsTruncated && [undefined, token].includes(answer.NextContinuationToken))
        throw new Error('a list that goes on where it began');
      return answer;
    });
    yield page;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** A key as it is: a store that knows the encoding asked for says so. */
export function decodeKey(encoding: string | undefined, key: string): string {
  return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}
