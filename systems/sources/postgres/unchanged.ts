import type { ArchivePart, PostgresProof, StretchProof } from '../../../core/manifest.js';
import { makeCopy, makeLook, type Part, type Stretch } from './parts.js';
import { RowHash } from './row-hash.js';
import type { RowSession } from './row-session.js';
import type { SentPart } from './send-part.js';

/** What an earlier backup holds of the same database. */
export interface EarlierDump {
  id: string;
  proof: PostgresProof;
  /** Whether what a backup has stored may be referred to once more. */
  mayRefer: (id: string) => boolean;
}

/** The part with the same stretches, where it may be referred to. */
export function findLike(part: Part, { id, proof, mayRefer }: EarlierDump): ArchivePart | undefined {
  if (!('stretches' in part)) return undefined;
  const like = proof.parts.find(({ stretches }) => stretches && areSame(stretches, part.stretches));
  return like && mayRefer(like.of ?? id) ? like : undefined;
}

function areSame(before: StretchProof[], now: Stretch[]): boolean {
  return (
    before.length === now.length &&
    now.every(({ dumpId, from, to }, at) => {
      const other = before[at];
      return other?.dumpId === dumpId && other.from === from && other.to === to;
    })
  );
}

interface Reading {
  session: RowSession;
  signal: AbortSignal;
  onProgress: (bytes: number) => void;
}

/**
 * Reads the rows of a part that an earlier backup holds, and answers that one where every row is the same. Rows are compared, and not
 * what the server says of changes: that some type is written otherwise, or that a table was written anew, it does not say. It is only
 * asked first, since what it knows to have changed need not be read twice.
 */
export async function readUnchanged(
  stretches: Stretch[],
  like: ArchivePart,
  { id, proof }: EarlierDump,
  reading: Reading,
): Promise<SentPart | undefined> {
  for (const stretch of stretches)
    if (!(await isLikelySame(stretch, proof.oldestTransaction, reading.session))) return undefined;
  const rows: SentPart['rows'] = [];
  let bytes = 0;
  const count = (more: number) => {
    bytes += more;
    reading.onProgress(more);
  };
  for (const [at, stretch] of stretches.entries()) {
    const hash = await hashRows(stretch, { ...reading, onProgress: count });
    const before = like.stretches?.[at];
    if (hash.rows !== before?.rows || hash.digest() !== before.hash) {
      reading.onProgress(-bytes);
      return undefined;
    }
    rows.push({ dumpId: stretch.dumpId, hash });
  }
  const { stretches: _, ...object } = like;
  return { object: { ...object, of: like.of ?? id }, rows };
}

async function isLikelySame(stretch: Stretch, since: string, session: RowSession): Promise<boolean> {
  const answer: Buffer[] = [];
  for await (const chunk of session.streamMade(makeLook(stretch, since))) answer.push(Buffer.from(chunk));
  return Buffer.concat(answer).toString('utf8').trim() === 't';
}

/** Reads the rows of a stretch, and keeps only their hash. */
export async function hashRows(stretch: Stretch, { session, signal, onProgress }: Reading): Promise<RowHash> {
  const hash = new RowHash();
  for await (const chunk of session.streamMade(makeCopy(stretch))) {
    signal.throwIfAborted();
    hash.update(chunk);
    onProgress(chunk.length);
  }
  return hash;
}
