import { posix } from 'node:path';
import { RunbookError } from '../../core/errors.js';
import type { Manifest } from '../../core/manifest.js';
import type { ObjectStore } from '../objects/store.js';
import { pathOf } from './vault.js';
import { asStream, readWhole } from './whole-object.js';

/**
 * For each database the objects that are its archive, in their order, a line each below the prefix of all backups: whoever restores by
 * hand need not read the manifest's JSON to find those that an earlier backup has stored.
 */
export async function writeObjectLists(store: ObjectStore, prefix: string, manifest: Manifest): Promise<void> {
  for (const [key, text] of listsOf(manifest)) await store.put(pathOf(prefix, manifest.id, { key }), asStream(text));
}

/** @throws RunbookError BackupCorrupt: a list is missing, or is not what the manifest says. */
export async function checkObjectLists(store: ObjectStore, prefix: string, manifest: Manifest): Promise<void> {
  for (const [key, text] of listsOf(manifest)) {
    const path = pathOf(prefix, manifest.id, { key });
    const found = await readWhole(store, path);
    if (found?.toString('utf8') === text) continue;
    const what = found ? 'another one' : 'no such object';
    throw new RunbookError('BackupCorrupt', `${path}: expected the list of objects of the manifest, found ${what}`);
  }
}

function listsOf({ id, sources }: Manifest): Array<[key: string, text: string]> {
  return sources
    .filter((proof) => proof.kind === 'postgres')
    .map(({ contents, parts }) => [
      `${posix.dirname(contents.key)}/objects.txt`,
      [contents, ...parts].map((object) => `${pathOf('', id, object).slice(1)}\n`).join(''),
    ]);
}
