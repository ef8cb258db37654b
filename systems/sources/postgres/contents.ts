import { RunbookError } from '../../../core/errors.js';
import { type ArchiveContents, readContents } from './archive.js';
import type { Launch, Running } from './launch.js';

/** pg_dump with its table of contents read, and the rest of its archive still to come. */
export interface OpenedDump {
  contents: ArchiveContents;
  /** Header and table of contents as they were read. */
  head: Buffer;
  /** What follows; unread, pg_dump waits, and keeps the tables from being altered. */
  rest(): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

const most = 1024 * 1024 * 1024;

/** Starts pg_dump and reads the archive up to its data. */
export async function openDump(
  launch: Launch,
  database: string,
  snapshot: string,
  parameters: string[] = [],
): Promise<OpenedDump> {
  const options = ['--format=custom', '--compress=0', `--snapshot=${snapshot}`, ...parameters];
  const dump = launch({ name: 'pg_dump', parameters: options, database });
  try {
    return await readHead(dump);
  } catch (error) {
    dump.stop();
    throw error;
  }
}

async function readHead(dump: Running): Promise<OpenedDump> {
  const chunks = dump.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const read: Buffer[] = [];
  let bytes = 0;
  let nextLook = 0;
  for (;;) {
    const next = await chunks.next();
    if (next.done !== true) {
      read.push(next.value);
      bytes += next.value.length;
      // Each look begins anew: twice as much each time keeps that cheap.
      if (bytes < nextLook) continue;
      nextLook = bytes * 2;
    }
    const all = Buffer.concat(read);
    const contents = readContents(all);
    if (contents) return describe(dump, contents, all, chunks);
    if (next.done === true) {
      await dump.ended;
      throw new RunbookError(
        'SourceFailed',
        'pg_dump: expected a table of contents, found an archive that ends before',
      );
    }
    if (bytes > most)
      throw new RunbookError('SourceFailed', `pg_dump: no end of the table of contents within ${most} bytes`);
  }
}

function describe(dump: Running, contents: ArchiveContents, all: Buffer, chunks: AsyncIterator<Buffer>): OpenedDump {
  return {
    contents,
    head: all.subarray(0, contents.bytes),
    async *rest() {
      if (all.length > contents.bytes) yield all.subarray(contents.bytes);
      for (;;) {
        const next = await chunks.next();
        if (next.done === true) break;
        yield next.value;
      }
      await dump.ended;
    },
    async close() {
      dump.stop();
      await dump.ended.catch(() => undefined);
    },
  };
}
