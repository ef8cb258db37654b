import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import { storefrontImages, storefrontRepository } from '../../storefront/index.js';

/** Whether a container's process runs here: only the storefront is a program of this machine. */
export function isRunnable(image: string | undefined): boolean {
  return image?.startsWith(`${storefrontRepository}:`) === true;
}

/** What an image brings: its command, and the environment that is baked in. */
export interface LocalImage {
  entrypoint: string[];
  environment: Record<string, string>;
}

/** The image of this reference; undefined if the registry would not have it. */
export function findImage(reference: string): LocalImage | undefined {
  const image = storefrontImages('').find((candidate) => candidate.reference === reference);
  if (image === undefined) return undefined;
  const pairs = (image.env ?? []).map((pair): [string, string] => {
    const end = pair.indexOf('=');
    return [pair.slice(0, end), pair.slice(end + 1)];
  });
  return { entrypoint: image.entrypoint, environment: Object.fromEntries(pairs) };
}

/** Links the storefront under the names that its image has; what else is in /bin there is had from this machine. */
export async function linkPrograms(directory: string, storefront: string): Promise<string> {
  const programs = join(directory, 'bin');
  await mkdir(programs, { recursive: true });
  await Promise.all(['storefront', 'alembic'].map((name) => symlink(storefront, join(programs, name))));
  return `${programs}:/usr/local/bin:/usr/bin:/bin`;
}

/** The words with which a container's process starts; a program in the image's /bin is looked up in `programs`. */
export function wordsOf(container: V1Container, image: LocalImage): string[] {
  const words = [...(container.command ?? image.entrypoint), ...(container.args ?? [])];
  return words.map((word, index) => (index === 0 ? word.replace(/^\/bin\//, '') : word));
}
