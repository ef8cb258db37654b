import { existsSync } from 'node:fs';
import { describeNodeFiles } from '../cluster/node-files.js';
import { layoutOf } from '../layout.js';
import type { Say } from '../progress.js';
import { StackError } from '../stack-error.js';
import type { ImageSpec } from './image.js';
import { importArchive } from './import-archive.js';
import { obtainArchive } from './obtain-archive.js';

/** Gives the node of a running stack an image that it does not start with. Safe to repeat. */
export async function ensureImage(stackName: string, image: ImageSpec, say: Say): Promise<void> {
  const { containerdSocket } = describeNodeFiles(layoutOf(stackName).directory);
  if (!existsSync(containerdSocket))
    throw new StackError(
      `image ${image.reference}: expected a real node in stack ${stackName}, found none; start it as root, without --nodes simulated`,
    );
  await importArchive(containerdSocket, await obtainArchive(image.reference, [image], say));
}
