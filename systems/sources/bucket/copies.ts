import type { ObjectStore } from '../../objects/store.js';
import { readLines } from '../read-lines.js';

/** One object of a bucket and its copy. */
export interface CopiedObject {
  key: string;
  bytes: number;
  /** Of the original: another one where the bytes are other ones. */
  etag: string;
  sha256: string;
  /** When it was copied. */
  copiedAt: string;
  /** Where the original's bucket keeps versions. */
  version?: string;
  /** Of the copy, as it was left. */
  copyEtag: string;
}

/** Where the copies of a bucket lie, and the list of them; both as clear as the bucket itself. */
export interface Copies {
  store: ObjectStore;
  objects: string;
  index: string;
}

/** The copies below a prefix: `PREFIX/objects/KEY`, and `PREFIX/index.jsonl`. */
export function copiesBelow(store: ObjectStore, prefix: string): Copies {
  const root = prefix === '' ? '' : `${prefix}/`;
  return { store, objects: `${root}objects/`, index: `${root}index.jsonl` };
}

/** What earlier runs have copied, by key. A copy that it does not name, or names otherwise, is made again. */
export async function readIndex({ store, index }: Copies): Promise<Map<string, CopiedObject>> {
  const known = new Map<string, CopiedObject>();
  if (!(await store.head(index))) return known;
  for await (const line of readLines(await store.get(index))) {
    const object = JSON.parse(line) as CopiedObject;
    known.set(object.key, object);
  }
  return known;
}

/** Replaces the index, whole or not at all. */
export async function writeIndex({ store, index }: Copies, known: Map<string, CopiedObject>): Promise<void> {
  await store.put(index, linesOf(known));
}

/** A line an object, by key. */
// eslint-disable-next-line @typescript-eslint/require-await -- a stream, as stores take it
export async function* linesOf(known: Map<string, CopiedObject>): AsyncGenerator<Buffer, void, void> {
  for (const key of [...known.keys()].sort()) yield Buffer.from(`${JSON.stringify(known.get(key))}\n`);
}
