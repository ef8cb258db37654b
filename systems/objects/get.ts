import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { messageOf, RunbookError } from '../../core/errors.js';
import { bounded, callSeconds, tryOften } from './attempts.js';
import { describe, type ObjectDescription } from './description.js';
import { storeFailure } from './failures.js';
import type { Connection } from './connect.js';

/** A body that gives nothing for so long is broken. */
const stallSeconds = 30;
/** How often in a row a body may break without having given a byte. */
const mostBarrenBreaks = 5;

/** One answer: the rest of an object from a byte on. */
interface Opened {
  body: Readable;
  /** Of the whole object. */
  bytes: number;
  etag: string | undefined;
  version: string | undefined;
  description: ObjectDescription;
}

/** An object with what the store says of it, by one and the same answer. See `ObjectStore.open`. */
export async function openObject(connection: Connection, key: string) {
  const opened = await openAt(connection, key, 0, undefined);
  const { bytes, etag = '', version, description } = opened;
  return {
    ...{ bytes, etag, description, body: readOn(connection, key, opened) },
    ...(version !== undefined && { version }),
  };
}

/** The bytes of an object. After a broken connection it goes on where it was, and only with the same object. See `ObjectStore.get`. */
export async function getObject(connection: Connection, key: string): Promise<AsyncIterable<Uint8Array>> {
  const opened = await openAt(connection, key, 0, undefined);
  return readOn(connection, key, opened);
}

async function* readOn(connection: Connection, key: string, first: Opened): AsyncGenerator<Uint8Array, void, void> {
  const { bytes, etag } = first;
  let body: Readable | undefined = first.body;
  let received = 0;
  let barren = 0;
  try {
    for (;;) {
      const before = received;
      let found = 'its end';
      try {
        body ??= (await openAt(connection, key, received, etag)).body;
        for await (const chunk of bodyChunks(body)) {
          received += chunk.length;
          yield chunk;
        }
      } catch (error) {
        if (error instanceof RunbookError) throw error;
        found = messageOf(error);
      }
      if (received === bytes) return;
      barren = received > before ? 0 : barren + 1;
      if (received > bytes || barren > mostBarrenBreaks) {
        const broken = new Error(`${received} bytes of ${bytes}, then ${found}`);
        throw storeFailure(connection, `get ${JSON.stringify(key)}`, broken);
      }
      body?.destroy();
      body = undefined;
    }
  } finally {
    body?.destroy();
  }
}

/** The chunks of one answer; only waiting for the store counts as silence, not what the taker does in between. */
async function* bodyChunks(body: Readable): AsyncGenerator<Uint8Array, void, void> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (;;) {
    const next = await bounded(stallSeconds, undefined, () => chunks.next());
    if (next.done) return;
    yield next.value;
  }
}

async function openAt(connection: Connection, key: string, start: number, etag: string | undefined): Promise<Opened> {
  return tryOften(connection, `get ${JSON.stringify(key)}`, undefined, async () => {
    const command = new GetObjectCommand({
      Bucket: connection.bucket,
      Key: key,
      ...(start > 0 && { Range: `bytes=${start}-` }),
      ...(etag !== undefined && { IfMatch: etag }),
    });
    const answer = await bounded(callSeconds, undefined, (abortSignal) =>
      connection.client.send(command, { abortSignal }),
    );
    const { body, length } = partsOf(answer);
    if (start > 0 && !answer.ContentRange?.startsWith(`bytes ${start}-`)) {
      body.destroy();
      throw new Error(`an answer that does not begin at byte ${start}`);
    }
    return { body, bytes: start + length, etag: answer.ETag, version: answer.VersionId, description: describe(answer) };
  });
}

function partsOf({ Body, ContentLength }: GetObjectCommandOutput): { body: Readable; length: number } {
  if (Body === undefined || ContentLength === undefined) throw new Error('an answer without a body or its length');
  return { body: Body as Readable, length: ContentLength };
}
