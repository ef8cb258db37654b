import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildOrFind } from '../binaries/obtain.js';
import { pause, storefront } from '../binaries/programs.js';
import { cacheDirectory } from '../locations.js';
import { reportStep, type Say } from '../progress.js';
import { storefrontImages } from '../storefront/index.js';
import { writeAtomically } from '../write-file.js';
import { writeImageArchive } from './archive.js';
import { busyboxImage, pauseImage } from './base-images.js';
import type { ImageSpec } from './image.js';

const busybox = '/usr/bin/busybox';

/** The archive of every image that the cluster starts with; made again only when an image changed. */
export async function prepareImages(say: Say, signal?: AbortSignal): Promise<string> {
  const pauseBinary = await buildOrFind(pause, say, signal);
  const storefrontBinary = await buildOrFind(storefront, say, signal);
  const images = [pauseImage(pauseBinary), busyboxImage(busybox), ...storefrontImages(storefrontBinary, busybox)];
  const archive = join(cacheDirectory(), 'images', `${fingerprint(images)}.tar`);
  if (!existsSync(archive)) {
    await reportStep(say, 'images', 'writing', () => writeAtomically(archive, writeImageArchive(images)));
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
