import type { DumpProgress } from './back-up.js';
import type { DumpedTable, Part, Stretch } from './parts.js';

type Known = Pick<DumpProgress, 'tables' | 'parts' | 'sent'>;

/** The share of its table's size that a stretch has. */
function sizeOf({ from = 0, to }: Stretch, { bytes, blocks }: DumpedTable): number {
  return blocks === 0 ? bytes : (bytes * ((to ?? blocks) - from)) / blocks;
}

/**
 * So many bytes of rows there are in a database, as far as can be told: of parts that are stored it is known; of the others it is the
 * size of their tables, by how much rows of that table, or of the tables before it, were longer or shorter than their size.
 */
export function expectBytes({ tables, parts, sent }: Known): number {
  const byDumpId = new Map(tables.map((table) => [table.dumpId, table]));
  const stretchesOf = (part: Part) => ('stretches' in part ? part.stretches : []);
  const sizeOfPart = (part: Part) =>
    stretchesOf(part).reduce((sum, stretch) => {
      const table = byDumpId.get(stretch.dumpId);
      return sum + (table ? sizeOf(stretch, table) : 0);
    }, 0);
  const seen = new Map<number | 'all', { size: number; bytes: number }>();
  let known = 0;
  parts.forEach((part, at) => {
    const bytes = sent[at]?.object.plainBytes;
    if (bytes === undefined) return;
    known += bytes;
    for (const key of ['all', stretchesOf(part)[0]?.dumpId ?? 'all'] as const) {
      const before = seen.get(key) ?? { size: 0, bytes: 0 };
      seen.set(key, { size: before.size + sizeOfPart(part), bytes: before.bytes + bytes });
    }
  });
  const ratioOf = (part: Part) => {
    const found = seen.get(stretchesOf(part)[0]?.dumpId ?? 'all') ?? seen.get('all');
    return found && found.size > 0 ? found.bytes / found.size : 1;
  };
  const rest = parts.filter((_, at) => sent[at] === undefined);
  return rest.reduce((sum, part) => sum + sizeOfPart(part) * ratioOf(part), known);
}

/** So many bytes of rows have been stored. */
export function storedBytes({ parts }: { parts: Array<{ plainBytes: number }> }): number {
  return parts.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
}
