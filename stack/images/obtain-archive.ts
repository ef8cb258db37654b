import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../locations.js';
import { reportStep, type Say } from '../progress.js';
import { writeAtomically } from '../write-file.js';
import { writeImageArchive } from './archive.js';
import type { ImageSpec } from './image.js';

/** The archive of these images, out of the cache; made again only when one of them changed. */
export async function obtainArchive(what: string, images: ImageSpec[], say: Say): Promise<string> {
  const archive = join(cacheDirectory(), 'images', `${fingerprint(images)}.tar`);
  if (!existsSync(archive)) {
    await reportStep(say, what, 'writing', () => writeAtomically(archive, writeImageArchive(images)));
  }
  return archive;
}

// By size and time of the files rather than by content: reading tens of megabytes at every start would take longer than the import.
function fingerprint(images: ImageSpec[]): string {
  const sources = images
    .flatMap((image) => image.files.map((file) => file.source))
    .filter((source) => typeof source === 'string');
  const stamps = [...new Set(sources)].map((source) => [source, statSync(source).size, statSync(source).mtimeMs]);
  return createHash('sha256')
    .update(JSON.stringify([images, stamps]))
    .digest('hex')
    .slice(0, 16);
}
