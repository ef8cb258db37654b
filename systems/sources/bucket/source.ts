import { formatBytes } from '../../../core/bytes.js';
import { RunbookError } from '../../../core/errors.js';
import type { BucketProof } from '../../../core/manifest.js';
import { connectObjectStore, type ObjectStore, type StoreSpec } from '../../objects/store.js';
import type { Source } from '../source.js';
import { copiesBelow, linesOf, type Copies } from './copies.js';
import { copyBucket } from './copy.js';

/** A bucket as a runbook names it. */
export interface BucketToCopy {
  name: string;
  from: StoreSpec;
  to: StoreSpec & { prefix: string };
  deletions: 'keep' | 'mirror';
}

/** A plan counts no further: whoever asked is waiting. */
const mostCounted = 20_000;

/** Where the copies of a bucket lie. @throws RunbookError InvalidSettings. */
export async function openCopies({ to }: Pick<BucketToCopy, 'to'>, tokens: string): Promise<Copies> {
  return copiesBelow(await connectObjectStore(to, tokens), to.prefix);
}

/** A bucket as a source: it is copied to another one, and only the inventory goes into the vault. */
export function bucketSource(bucket: BucketToCopy, tokens: string): Source {
  const { name, from, to, deletions } = bucket;
  if (from.endpoint === to.endpoint && from.bucket === to.bucket)
    throw new RunbookError('InvalidSettings', `source ${name}: expected two buckets, found ${to.bucket} twice`);
  return {
    async check() {
      const [original, copies] = [await connectObjectStore(from, tokens), await openCopies(bucket, tokens)];
      const [found, there] = [await count(original, ''), await count(copies.store, copies.objects)];
      return [`${from.bucket}: ${found}`, `copied so far: ${there}`];
    },
    async backUp({ vault, signal, onProgress }) {
      const original = await connectObjectStore(from, tokens);
      const copies = await openCopies(bucket, tokens);
      const objects = await copyBucket({ from: original, to: copies, deletions, signal, onProgress });
      const inventory = await vault.seal(`bucket/${name}/inventory.jsonl.zst.age`, linesOf(objects), { signal });
      const bytes = [...objects.values()].reduce((sum, object) => sum + object.bytes, 0);
      const where = `${to.bucket}/${copies.objects}`;
      const proof: BucketProof = {
        ...{ kind: 'bucket', name, from: from.bucket, to: where, objects: objects.size, bytes, inventory },
      };
      return [proof];
    },
  };
}

async function count(store: ObjectStore, prefix: string): Promise<string> {
  let [objects, bytes] = [0, 0];
  for await (const object of store.list(prefix)) {
    objects += 1;
    bytes += object.bytes;
    if (objects === mostCounted) return `more than ${mostCounted} objects`;
  }
  return `${objects} objects, ${formatBytes(bytes)}`;
}
