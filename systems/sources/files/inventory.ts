import { createHash } from 'node:crypto';
import { modifiedAt, type FoundFile } from './walk.js';

/** What a restored file is compared with. */
export interface FileEntry {
  /** As in the archive: without the first slash. */
  path: string;
  /** 0 of what is no file. */
  bytes: number;
  /** Kind and rights, as stat(2) gives them. */
  mode: number;
  modifiedAt: string;
  /** Of the content; of a link, of where it leads; empty of a folder. */
  sha256: string;
}

/** The entry of a file whose content has the hash. */
export function describeFile({ stats, target }: FoundFile, path: string, contentHash: string): FileEntry {
  const hash = target === undefined ? contentHash : createHash('sha256').update(target).digest('hex');
  const bytes = stats.isFile() ? Number(stats.size) : 0;
  return { path, bytes, mode: Number(stats.mode), modifiedAt: modifiedAt(stats), sha256: hash };
}

/** How a file differs from its entry, in words; undefined when it does not. */
export function differenceOf(wanted: FileEntry, found: FileEntry): string | undefined {
  const fields: Array<[string, (entry: FileEntry) => string]> = [
    ['mode', ({ mode }) => mode.toString(8)],
    ['bytes', ({ bytes }) => `${bytes}`],
    ['SHA-256', ({ sha256 }) => sha256],
    ['time', (entry) => entry.modifiedAt],
  ];
  const other = fields.find(([, read]) => read(wanted) !== read(found));
  if (!other) return undefined;
  const [name, read] = other;
  return `${JSON.stringify(wanted.path)}: expected ${name} ${read(wanted)}, found ${read(found)}`;
}
