import { buildOrFind } from '../binaries/obtain.js';
import { pause, storefront } from '../binaries/programs.js';
import type { Say } from '../progress.js';
import { storefrontImages } from '../storefront/index.js';
import { busyboxImage, pauseImage } from './base-images.js';
import { obtainArchive } from './obtain-archive.js';

/** The only busybox that needs no libraries: Debian's busybox-static. */
export const busybox = '/usr/bin/busybox';

/** The archive of every image that the cluster starts with; made again only when an image changed. */
export async function prepareImages(say: Say, signal?: AbortSignal): Promise<string> {
  const pauseBinary = await buildOrFind(pause, say, signal);
  const storefrontBinary = await buildOrFind(storefront, say, signal);
  const images = [pauseImage(pauseBinary), busyboxImage(busybox), ...storefrontImages(storefrontBinary, busybox)];
  return obtainArchive('images', images, say);
}
