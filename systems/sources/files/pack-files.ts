import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { describeFile, type FileEntry } from './inventory.js';
import { readFile } from './read-file.js';
import { hasContent, modifiedAt, walk, type FoundFile } from './walk.js';

interface Packing {
  signal: AbortSignal;
  /** Told of each entry when all of it is in the archive. */
  onEntry: (entry: FileEntry) => void;
  onProgress: (bytes: number) => void;
}

/** The paths, and all below them, as one tar that `tar -x` takes: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html */
export async function* packFiles(paths: string[], packing: Packing): AsyncGenerator<Uint8Array, void, void> {
  const archive = pack();
  let failure: unknown;
  const filled = fill(archive, paths, packing).catch((error: unknown) => {
    failure = error;
    archive.destroy(error as Error);
  });
  try {
    for await (const chunk of archive) yield chunk as Uint8Array;
    await filled;
    if (failure !== undefined) throw failure as Error;
  } catch (error) {
    // What broke the archive counts, not how it broke.
    throw failure ?? error;
  } finally {
    archive.destroy();
    await filled;
  }
}

async function fill(archive: Pack, paths: string[], packing: Packing): Promise<void> {
  for (const path of paths)
    for await (const found of walk(path)) {
      packing.signal.throwIfAborted();
      if (hasContent(found)) packing.onEntry(await add(archive, found, packing));
    }
  archive.finalize();
}

async function add(archive: Pack, found: FoundFile, { onProgress }: Packing): Promise<FileEntry> {
  const { stats, target } = found;
  const name = found.path.slice(1);
  const header = {
    name,
    // With the bits of its kind: the library takes a mode of 0 for none.
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: new Date(Number(stats.mtimeMs)),
    pax: { mtime: modifiedAt(stats) },
  };
  if (!stats.isFile()) {
    const type = target === undefined ? 'directory' : 'symlink';
    await new Promise<void>((resolve, reject) => {
      const entry = { ...header, type, ...(target !== undefined && { linkname: target }) } as const;
      archive.entry(entry, (error) => (error ? reject(error) : resolve()));
    });
    return describeFile(found, name, '');
  }
  let hash = '';
  const content = async function* () {
    const chunks = readFile(found);
    try {
      let next = await chunks.next();
      for (; !next.done; next = await chunks.next()) {
        onProgress(next.value.length);
        yield next.value;
      }
      hash = next.value;
    } finally {
      await chunks.return('');
    }
  };
  const entry = archive.entry({ ...header, type: 'file', size: Number(stats.size) });
  await pipeline(Readable.from(content(), { objectMode: false }), entry as unknown as Writable);
  return describeFile(found, name, hash);
}
