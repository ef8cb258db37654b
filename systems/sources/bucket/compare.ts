import { createHash } from 'node:crypto';
import type { BucketProof } from '../../../core/manifest.js';
import { readLines } from '../read-lines.js';
import type { Restoring, Scratch } from '../source.js';
import { readIndex, type CopiedObject, type Copies } from './copies.js';

/** So many copies are read to their end; of more, as many by chance. */
const mostRead = 1000;

/** The copy of a bucket is the restored place: nothing is made, and what lies there is read and compared with the inventory. */
export function copiedBucket(to: Copies, proof: BucketProof): Scratch {
  const nothing = () => Promise.resolve();
  return { prepare: nothing, restore: nothing, remove: nothing, compare: (restoring) => compare(to, proof, restoring) };
}

async function compare(to: Copies, proof: BucketProof, { vault, signal, onProgress }: Restoring): Promise<string[]> {
  const wanted: CopiedObject[] = [];
  for await (const line of readLines(vault.open(proof.inventory, { signal })))
    wanted.push(JSON.parse(line) as CopiedObject);
  // A copy is replaced when its original has changed since: then the newer one must be whole.
  const index = await readIndex(to);
  const now = wanted.map((object) => index.get(object.key) ?? object);
  const sizes = new Map<string, number>();
  for await (const { key, bytes } of to.store.list(to.objects)) sizes.set(key.slice(to.objects.length), bytes);
  const differences: string[] = [];
  const say = (key: string, words: string) => differences.push(`object ${JSON.stringify(key)}: ${words}`);
  for (const { key, bytes } of now) {
    const found = sizes.get(key);
    if (found === undefined) say(key, 'is missing');
    else if (found !== bytes) say(key, `expected ${bytes} bytes, found ${found}`);
  }
  const chosen = choose(now);
  onProgress(
    0,
    chosen.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  for (const { key, bytes, sha256 } of chosen) {
    signal.throwIfAborted();
    if (sizes.get(key) !== bytes) continue;
    const found = await hashOf(await to.store.get(to.objects + key), onProgress);
    if (found !== sha256) say(key, `expected SHA-256 ${sha256}, found ${found}`);
  }
  return differences;
}

function choose(objects: CopiedObject[]): CopiedObject[] {
  if (objects.length <= mostRead) return objects;
  const left = [...objects];
  return Array.from({ length: mostRead }, () => left.splice(Math.floor(Math.random() * left.length), 1)).flat();
}

async function hashOf(chunks: AsyncIterable<Uint8Array>, onProgress: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    onProgress(chunk.length);
  }
  return hash.digest('hex');
}
