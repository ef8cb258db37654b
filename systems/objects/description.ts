import type { GetObjectCommandOutput, PutObjectCommandInput } from '@aws-sdk/client-s3';
import { putIdKey } from './head.js';

/** What a store says of an object besides its bytes, and gives along with them. */
export type ObjectDescription = Pick<
  PutObjectCommandInput,
  'ContentType' | 'ContentEncoding' | 'ContentDisposition' | 'ContentLanguage' | 'CacheControl' | 'Metadata'
>;

/** What an answer says of its object, without the mark of our own `put`. */
export function describe(answer: GetObjectCommandOutput): ObjectDescription {
  const { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Metadata = {} } = answer;
  const { [putIdKey]: _, ...metadata } = Metadata;
  return {
    ...(ContentType !== undefined && { ContentType }),
    ...(ContentEncoding !== undefined && { ContentEncoding }),
    ...(ContentDisposition !== undefined && { ContentDisposition }),
    ...(ContentLanguage !== undefined && { ContentLanguage }),
    ...(CacheControl !== undefined && { CacheControl }),
    ...(Object.keys(metadata).length > 0 && { Metadata: metadata }),
  };
}

/** A description as a request takes it, with the mark of a `put`. */
export function withMark(description: ObjectDescription, putId: string): ObjectDescription {
  return { ...description, Metadata: { ...description.Metadata, [putIdKey]: putId } };
}
